import { ResponseHeader } from "../../proto/generated/etcd.ts";
import type { Response } from "../../proto/generated/kv.ts";

/** Fills in the revision of the header of whichever response is there. */
export function withHeader(response: Partial<Response>, revision: number): Partial<Response> {
  for (const [name, body] of Object.entries(response)) {
    if (typeof body !== "object" || !("header" in body)) continue;
    const header = ResponseHeader.create({ revision });
    return { ...response, [name]: { ...body, header } };
  }
  return response;
}
