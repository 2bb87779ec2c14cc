import { messageOf } from "../proto/errors.ts";
/** Whether an error means that the disk, or the platform's limit of it, is full. */
export function isDiskFull(error: unknown): boolean {
  const text = messageOf(error);
  return /SQLITE_FULL|database or disk is full|ENOSPC/.test(text);
}
