/**
 * Answers without what must differ between two servers, or between two runs of one: ids, terms,
 * tokens, sizes, and what changed with the gateway's version (see the rules at the end).
 */
import type { Options } from "./step.ts";

export interface Answer {
  readonly status: number;
  /** The body, or the messages of a stream. */
  readonly body?: unknown;
  readonly text?: string;
  readonly messages?: readonly unknown[];
  readonly headers?: Readonly<Record<string, string>>;
  /** The server ended the stream. */
  readonly ended?: true;
}

/** Values saved by earlier steps. */
export type Variables = Map<string, { readonly value: unknown; readonly opaque: boolean }>;

/** `members.0.ID` of a body. */
export function valueAt(body: unknown, path: string): unknown {
  let value = body;
  for (const part of path.split(".")) {
    value = (value as Record<string, unknown> | undefined)?.[part];
  }
  return value;
}

const typeName = (value: unknown): string =>
  Array.isArray(value) ? "<list>" : typeof value === "string" ? "<text>" : `<${typeof value}>`;

/** A body in its normal form. */
export function normalise(body: unknown, options: Options, variables: Variables): unknown {
  const opaque = new Map<unknown, string>();
  for (const [name, saved] of variables) if (saved.opaque) opaque.set(saved.value, `<${name}>`);
  const blurred = new Set(options.blur ?? []);
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value === "string") return withoutIds(value, opaque);
    if (typeof value !== "object" || value === null) return value;
    const entries: [string, unknown][] = [];
    for (const [name, member] of Object.entries(value)) {
      if (blurred.has(name)) entries.push([name, typeName(member)]);
      else if (name === "cluster_id" || name === "member_id") entries.push([name, "<id>"]);
      else if (name === "raft_term" || name === "raftTerm") entries.push([name, "<term>"]);
      else if (name === "members" && Array.isArray(member)) entries.push([name, "<members>"]);
      else if (idFields.has(name) && opaque.has(member)) entries.push([name, opaque.get(member)]);
      else entries.push([name, walk(member)]);
    }
    return Object.fromEntries(entries);
  };
  return errorForm(walk(body), options);
}

/** Where a member's id may stand: it may be short, like other numbers. */
const idFields = new Set(["ID", "memberID", "leader"]);
const minOpaque = 8;

/** Texts that are as long as ids and tokens, and ids within the text of an alarm. */
function withoutIds(text: string, opaque: ReadonlyMap<unknown, string>): string {
  let shown = text.replace(/^memberID:[0-9]+ /, "memberID:<id> ");
  for (const [value, name] of opaque) {
    const long = typeof value === "string" && value.length >= minOpaque;
    if (long) shown = shown.replaceAll(value, name);
  }
  return shown;
}

/** An error as code and text: the set of keys depends on the version. */
function errorForm(body: unknown, { malformed }: Options): unknown {
  if (typeof body !== "object" || body === null) return body;
  const { error, message, code } = body as Record<string, unknown>;
  if (typeof error === "object" && error !== null) {
    const stream = error as Record<string, unknown>;
    return { error: stream.message, code: stream.code ?? stream.grpc_code };
  }
  const text = message ?? error;
  if (typeof text !== "string" || typeof code !== "number") return body;
  return { error: malformed ? "<decoder's text>" : text, code };
}

/** HTTP statuses of one gRPC code that depend on the gateway's version. */
export function normalStatus(status: number): number {
  // FailedPrecondition in gateways up to 1.6, Canceled before 2.
  if (status === 412) return 400;
  return status === 408 ? 499 : status;
}
