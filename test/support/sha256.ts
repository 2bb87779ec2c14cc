import { createHash } from "node:crypto";

/** As the platform gives it to a member. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}
