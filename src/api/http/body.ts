/** Reads request bodies within a bound. */
import { concat } from "../../proto/bytes.ts";
import type { ApiError } from "../base/error.ts";
import type { Context } from "./context.ts";

/**
 * A body that is too large is read up to this multiple: a client that is writing reads no answer.
 */
const drainFactor = 4;

/** The Content-Length of a request; undefined without one. */
function declaredLength({ headers }: Request): number | undefined {
  const text = headers.get("content-length") ?? "";
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * The bytes of a body. Throws `tooLarge(bytes)` where it has more than `maxBytes`, and ApiError
 * where it has more than this client may send.
 */
export async function readBody(
  context: Pick<Context, "admit" | "receive">,
  request: Request,
  maxBytes: number,
  tooLarge: (bytes: number) => ApiError,
): Promise<Uint8Array> {
  const declared = declaredLength(request) ?? 0;
  if (declared > drainFactor * maxBytes) throw tooLarge(declared);
  const { body } = request;
  if (body === null) return new Uint8Array();
  return context.receive(() => readParts(context, request, body, maxBytes, tooLarge));
}

async function readParts(
  context: Pick<Context, "admit">,
  request: Request,
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  tooLarge: (bytes: number) => ApiError,
): Promise<Uint8Array> {
  const declared = declaredLength(request) ?? 0;
  // With a declared length, reading in one piece costs a fraction of reading a stream.
  if (declared > 0) {
    const refused = await refusal(context, declared);
    if (refused !== undefined) await drain(body, drainFactor * maxBytes);
    if (refused !== undefined) throw refused;
    const whole = new Uint8Array(await request.arrayBuffer());
    if (whole.length > maxBytes) throw tooLarge(whole.length);
    return whole;
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  let refused: unknown;
  for await (const part of body) {
    size += part.length;
    refused ??= await refusal(context, size);
    if (size <= maxBytes && refused === undefined) parts.push(part);
    else if (size > drainFactor * maxBytes) break;
    else parts.length = 0;
  }
  if (refused !== undefined) throw refused;
  if (size > maxBytes) throw tooLarge(size);
  return concat(parts);
}

/** The error for a client that may not send so much, or undefined. */
async function refusal(context: Pick<Context, "admit">, bytes: number): Promise<unknown> {
  try {
    await context.admit(bytes);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Reads and drops what the client is still writing. */
async function drain(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<void> {
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > maxBytes) return;
  }
}
