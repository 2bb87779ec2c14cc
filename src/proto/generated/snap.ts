// Generated from snap.proto by `npm run proto`. Do not edit.
import { field as f, Message } from "../message.ts";

export interface Snapshot {
  readonly crc: number | undefined;
  readonly data: Uint8Array | undefined;
}
export const Snapshot: Message<Snapshot> = new Message("Snapshot", [
  f("crc", "crc", 1, "uint32", { optional: true }),
  f("data", "data", 2, "bytes", { optional: true }),
], () => ({
  crc: undefined,
  data: undefined,
}));
