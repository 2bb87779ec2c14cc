import { DecodeError } from "../../proto/errors.ts";
import type { Message } from "../../proto/message.ts";
import { StorageDamagedError } from "../damage.ts";

/** The message that stored bytes are. Throws StorageDamagedError. */
export function decoded<T extends object>(where: string, kind: Message<T>, bytes: Uint8Array): T {
  try {
    return kind.decodeStrict(bytes);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new StorageDamagedError(where, cause.message, { cause });
  }
}
