import { ResponseHeader } from "../../proto/generated/etcd.ts";
import { Response } from "../../proto/generated/kv.ts";

/** Completes a response: sets `revision` in the header of its one body. */
export function responseOf(made: Partial<Response>, revision: number): Response {
  for (const body of Object.values(made)) {
    if (typeof body !== "object" || !("header" in body)) continue;
    Object.assign(body, { header: ResponseHeader.create({ revision }) });
    break;
  }
  return Response.create(made);
}
