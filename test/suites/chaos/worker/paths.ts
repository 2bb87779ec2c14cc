import type { PeerMethod } from "../../../../src/node/world/environment.ts";

/** Where a process answers for the members that live in it. */
const prefix = "/chaos-seam";

/** Says which instance of a member gave the answer, such as "m2.1f3a". */
export const answeredByHeader = "x-answered-by";

/** The methods of a member that a client may reach without the front: bytes for bytes. */
export type ClientMethod = "propose" | "query";

export const memberPaths = {
  client: (id: number, method: ClientMethod) => `${prefix}/${id}/client/${method}`,
  peer: (id: number, method: PeerMethod) => `${prefix}/${id}/peer/${method}`,
  socket: (id: number) => `${prefix}/${id}/socket`,
  status: (id: number) => `${prefix}/${id}/status`,
} as const;

export interface MemberPath {
  readonly id: number;
  readonly what: keyof typeof memberPaths;
  readonly method: string;
}

/** What is asked of which member; undefined for the path of something else. */
export function parseMemberPath(path: string): MemberPath | undefined {
  const [, at, id, what, method = ""] = path.split("/");
  if (`/${at}` !== prefix || what === undefined || !(what in memberPaths)) return undefined;
  return { id: Number(id), what: what as keyof typeof memberPaths, method };
}

/** JSON of what members say of themselves; bigints come back as such. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, part) =>
    typeof part === "bigint" ? { bigint: String(part) } : part,
  );
}

export function fromText<T>(text: string): T {
  const revive = (_: string, part: unknown): unknown => {
    const big = (part as { bigint?: unknown } | null)?.bigint;
    return typeof big === "string" ? BigInt(big) : part;
  };
  return JSON.parse(text, revive) as T;
}
