import { errors, KvError } from "../../etcd/errors.ts";
import { DecodeError } from "../../proto/errors.ts";
import { Request } from "../../proto/generated/kv.ts";
import { requestIdBytes } from "../state/window.ts";
import { defaultLimits } from "../work/limits.ts";
import { checkKeys } from "./keys.ts";

/** The version of kvpb.Request and kvpb.Query that is read and written here. */
export const requestFormat = 1;

/** The entry of what the cluster itself proposes: it is not retried under an id. */
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
 * What a member makes sure of before it proposes a client's bytes, since an entry that cannot be
 * read would stop every member: they are a request of a kind known here, with an id and with text
 * that is text. And nobody but
 * the member says on whose behalf: that comes from the token.
 * Throws KvError.
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
 * Undefined where the bytes are none. Text is read as it ever was: what is in the log must be read
 * alike by every version.
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
