/** Request bodies, read within a bound. */
import type { ApiError } from "../status.ts";

/** The bytes of a body. Throws `tooLarge` of the bytes known so far where they are too many. */
export async function readBody(
  request: Request,
  maxBytes: number,
  tooLarge: (bytes: number) => ApiError,
): Promise<Uint8Array> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > maxBytes) throw tooLarge(declared);
  if (request.body === null) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body as ReadableStream<Uint8Array>) {
    size += part.length;
    if (size > maxBytes) throw tooLarge(size);
    parts.push(part);
  }
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
