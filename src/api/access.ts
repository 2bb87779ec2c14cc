/**
 * Who may come in. Closed by default: with the deployment's token, or in development. Where etcd's
 * own auth is on, the members check everybody, so that a client which can send one header only is
 * let through to them with its etcd token.
 */

import { errors } from "../etcd/errors.ts";
import { tokenIndex } from "../kv/auth/token-table.ts";
import { tokenRequired } from "../rpc/messages.ts";
import { ApiError } from "./base/error.ts";
import type { ClusterClient } from "./cluster/client.ts";
import { fits } from "./cluster/naming.ts";

export interface AccessConfig {
  /** Everybody may come in: only `npm start` sets it. */
  readonly development: boolean;
  /** The token for every cluster; "" where none is configured. */
  readonly token: string;
  /** Tokens for some clusters. */
  readonly tokens: readonly ClusterToken[];
}

export interface ClusterToken {
  /** Which clusters it is for: a name, in which `*` stands for any letters. */
  readonly pattern: string;
  readonly token: string;
}

/** What a request brings to be let in. */
export interface Credentials {
  /** From Authorization, with or without `Bearer `. */
  readonly authorization: string;
  /** From Grpc-Metadata-Token. */
  readonly metadata: string;
}

export function credentialsOf(request: Request): Credentials {
  const { headers } = request;
  let authorization = bare(headers.get("authorization") ?? "");
  if (headers.get("upgrade")?.toLowerCase() === "websocket") {
    // Browsers cannot set headers on a WebSocket: etcd's proxy takes these instead.
    const [scheme, token] = (headers.get("sec-websocket-protocol") ?? "").split(",");
    const cookie = /(?:^|;\s*)token=([^;]*)/.exec(headers.get("cookie") ?? "");
    if (scheme?.trim() === "Bearer" && token !== undefined) authorization ||= token.trim();
    authorization ||= cookie?.[1] ?? "";
  }
  return { authorization, metadata: bare(headers.get("grpc-metadata-token") ?? "") };
}

const bare = (token: string): string => token.replace(/^Bearer /i, "").trim();

const encoder = new TextEncoder();

/** Takes as long for a first byte that differs as for a last one: only the length shows. */
function same(a: string, b: string): boolean {
  const [first, second] = [encoder.encode(a), encoder.encode(b)];
  let difference = first.length ^ second.length;
  for (const [i, byte] of first.entries()) difference |= byte ^ (second[i] ?? 0);
  return difference === 0;
}

/** Whether any client can be let in at all. */
export function isConfigured({ development, token, tokens }: AccessConfig): boolean {
  return development || token !== "" || tokens.length > 0;
}

/** Whether they are let in to that cluster as they are; else only where etcd's auth is on. */
export function isTrusted(config: AccessConfig, given: Credentials, cluster: string): boolean {
  if (config.development) return true;
  let trusted = config.token !== "" && same(given.authorization, config.token);
  // All are compared, so that the time says nothing of which one was nearly right.
  for (const { pattern, token } of config.tokens) {
    if (fits(pattern, cluster) && same(given.authorization, token)) trusted = true;
  }
  return trusted;
}

/**
 * The etcd token among the credentials, or "". For who has nothing else it is required: whether
 * etcd's auth is on is remembered here, and decided by the member.
 */
export function etcdToken(config: AccessConfig, given: Credentials, trusted: boolean): string {
  if (!trusted) return `${tokenRequired}${given.metadata || given.authorization}`;
  if (given.metadata !== "") return given.metadata;
  // What was the deployment's token is no token of etcd's.
  return config.development ? given.authorization : "";
}

/** How long it is remembered whether etcd's auth is on. */
const rememberMs = 1_000;

/** Knows whether a cluster's members check everybody themselves. */
export class AuthGate {
  #enabled = false;
  #untilMs = Number.NEGATIVE_INFINITY;

  /**
   * Throws ApiError unless etcd's auth is on. `exists`: whether it is known that there is such a
   * cluster. No member is asked for who could not come in, whatever it says.
   */
  async pass(
    cluster: ClusterClient,
    exists: boolean,
    { metadata, authorization }: Credentials,
    nowMs: number,
    deadlineMs: number,
  ): Promise<void> {
    const token = metadata || authorization;
    const mayBe = token === "" ? exists : tokenIndex(token) !== undefined;
    if (!mayBe) throw ApiError.of(errors.invalidAuthToken);
    if (nowMs >= this.#untilMs) {
      this.#enabled = (await cluster.status(0, { token: "", deadlineMs })).authEnabled;
      this.#untilMs = nowMs + rememberMs;
    }
    if (!this.#enabled) throw ApiError.of(errors.invalidAuthToken);
  }
}
