/**
 * Access control, closed by default: a request needs the deployment's token, or a development
 * server. Where etcd's auth is on, members check every request themselves, so a client that can
 * only send one header may send its etcd token alone.
 */

import { errors } from "../etcd/errors.ts";
import { tokenIndex } from "../kv/auth/token-table.ts";
import { tokenRequired } from "../rpc/messages.ts";
import { ApiError } from "./base/error.ts";
import type { ClusterClient } from "./cluster/client.ts";
import { fits } from "./cluster/naming.ts";

export interface AccessConfig {
  /** Lets every request in: only `npm start` sets it. */
  readonly development: boolean;
  /** The token for every cluster; "" where none is configured. */
  readonly token: string;
  /** Tokens for some clusters. */
  readonly tokens: readonly ClusterToken[];
}

export interface ClusterToken {
  /** The cluster names it is for; `*` stands for any characters. */
  readonly pattern: string;
  readonly token: string;
}

/** The credentials in a request. */
export interface Credentials {
  /** The Authorization header, with or without `Bearer `. */
  readonly authorization: string;
  /** The Grpc-Metadata-Token header. */
  readonly metadata: string;
}

export function credentialsOf(request: Request): Credentials {
  const { headers } = request;
  let authorization = bare(headers.get("authorization") ?? "");
  if (headers.get("upgrade")?.toLowerCase() === "websocket") {
    // Browsers cannot set headers on a WebSocket: etcd's proxy reads the token from this one
    // instead.
    const [scheme, token] = (headers.get("sec-websocket-protocol") ?? "").split(",");
    const cookie = /(?:^|;\s*)token=([^;]*)/.exec(headers.get("cookie") ?? "");
    if (scheme?.trim() === "Bearer" && token !== undefined) authorization ||= token.trim();
    authorization ||= cookie?.[1] ?? "";
  }
  return { authorization, metadata: bare(headers.get("grpc-metadata-token") ?? "") };
}

const bare = (token: string): string => token.replace(/^Bearer /i, "").trim();

const encoder = new TextEncoder();

/** Compares in a time that depends on the length alone, not on the first byte that differs. */
function same(a: string, b: string): boolean {
  const [first, second] = [encoder.encode(a), encoder.encode(b)];
  let difference = first.length ^ second.length;
  for (const [i, byte] of first.entries()) difference |= byte ^ (second[i] ?? 0);
  return difference === 0;
}

/** Whether the configuration lets any client in at all. */
export function isConfigured({ development, token, tokens }: AccessConfig): boolean {
  return development || token !== "" || tokens.length > 0;
}

/** Whether the credentials give access to that cluster; otherwise only etcd's auth can. */
export function isTrusted(config: AccessConfig, given: Credentials, cluster: string): boolean {
  if (config.development) return true;
  let trusted = config.token !== "" && same(given.authorization, config.token);
  // Compares all tokens, so that the time does not show which one was nearly right.
  for (const { pattern, token } of config.tokens) {
    if (fits(pattern, cluster) && same(given.authorization, token)) trusted = true;
  }
  return trusted;
}

/**
 * The etcd token among the credentials, or "". Marked as required if nothing else gives access: the
 * member then refuses the request where etcd's auth is off, whatever is remembered here.
 */
export function etcdToken(config: AccessConfig, given: Credentials, trusted: boolean): string {
  if (!trusted) return `${tokenRequired}${given.metadata || given.authorization}`;
  if (given.metadata !== "") return given.metadata;
  // The deployment's token is no token of etcd's.
  return config.development ? given.authorization : "";
}

/** For how long the answer whether etcd's auth is on is remembered. */
const rememberMs = 1_000;

/** Remembers whether a cluster has etcd's auth on, so that its members check every request. */
export class AuthGate {
  #enabled = false;
  #untilMs = Number.NEGATIVE_INFINITY;

  /**
   * Throws ApiError unless etcd's auth is on. `exists`: whether the cluster is known to exist;
   * `beforeAsking` is called before a member is asked. Asks none about a token that cannot be an
   * etcd token.
   */
  async pass(
    cluster: ClusterClient,
    exists: boolean,
    { metadata, authorization }: Credentials,
    nowMs: number,
    deadlineMs: number,
    beforeAsking: () => void,
  ): Promise<void> {
    const token = metadata || authorization;
    const mayBe = token === "" ? exists : tokenIndex(token) !== undefined;
    if (!mayBe) throw ApiError.of(errors.invalidAuthToken);
    if (nowMs >= this.#untilMs) {
      beforeAsking();
      this.#enabled = (await cluster.status(0, { token: "", deadlineMs })).authEnabled;
      this.#untilMs = nowMs + rememberMs;
    }
    if (!this.#enabled) throw ApiError.of(errors.invalidAuthToken);
  }
}
