/** Checks administrators. */
import { AdminCheck } from "../../proto/generated/kv.ts";
import type { Consistency } from "../../rpc/messages.ts";
import type { Context } from "../http/context.ts";

/** Throws ApiError unless the client may do what root may. */
export async function checkAdmin(
  context: Context,
  consistency: Consistency = "linearizable",
): Promise<void> {
  const adminCheck = AdminCheck.create();
  await context.cluster.query({ adminCheck }, consistency, context.call());
}
