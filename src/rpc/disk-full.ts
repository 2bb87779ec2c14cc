import { messageOf } from "../proto/errors.ts";
/** Whether an error says that the disk, or what the platform allows of it, is full. */
export function isDiskFull(error: unknown): boolean {
  const text = messageOf(error);
  return /SQLITE_FULL|database or disk is full|ENOSPC/.test(text);
}
