import { errors, KvError } from "../../etcd/errors.ts";
import { DecodeError } from "../../proto/errors.ts";
import { Request } from "../../proto/generated/kv.ts";
import { requestIdBytes } from "../state/window.ts";
import { defaultLimits } from "../work/limits.ts";
import { checkKeys } from "./keys.ts";

/** The version of kvpb.Request and kvpb.Query that is read and written here. */
export const requestFormat = 1;

/** An entry that the cluster itself proposes, without a request id: it is not retried. */
export function ownRequest(body: Partial<Request>): Uint8Array {
  return Request.encode(Request.create({ format: requestFormat, ...body }));
}

/** Bodies that only the cluster itself proposes. */
const internalBodies = [
  "leaseCheckpoint",
  "memberAttributes",
  "clusterVersionSet",
  "downgradeInfoSet",
] as const;

export function isInternal(request: Request): boolean {
  return internalBodies.some((name) => request[name] !== undefined);
}

/**
 * Decodes a client's bytes before they are proposed, since an entry that cannot be decoded would
 * stop every member. Throws KvError unless they are a known kind of request with an id and valid
 * UTF-8, and without a user, which the member itself takes from the token.
 */
export function checkProposal(data: Uint8Array): Request {
  const request = decoded(() => Request.decodeStrict(data));
  if (request === undefined || request.requestId.length !== requestIdBytes) {
    throw new KvError(errors.badRequest);
  }
  if (request.format !== requestFormat || !hasBody(request)) throw new KvError(errors.badRequest);
  if (request.user !== "" || request.authRevision !== 0) throw new KvError(errors.badRequest);
  if (isInternal(request)) throw new KvError(errors.badRequest);
  checkKeys(request, defaultLimits.maxKeyBytes);
  return request;
}

/**
 * Undefined where the bytes are no request. Invalid UTF-8 is accepted: every version must read what
 * is in the log alike.
 */
export function decodeRequest(data: Uint8Array): Request | undefined {
  return decoded(() => Request.decode(data));
}

function decoded(decode: () => Request): Request | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

export function hasBody(request: Request): boolean {
  const values = request as unknown as Readonly<Record<string, unknown>>;
  return bodies.some((name) => values[name] !== undefined);
}

const bodies = Request.fields
  .filter(({ oneof }) => oneof === "body")
  .map(({ property }) => property);
