import { type ErrorKind, errors } from "../../etcd/errors.ts";
import { Shares } from "../work/shares.ts";

/** Bounds for all watches of one member together. */
export const watchLimits = {
  maxStreams: 4_096,
  maxWatches: 10_000,
  /** Bytes of keys and range ends beyond `smallBytes` for each watch. */
  maxKeyBytes: 8_000_000,
  /** Bytes of a key, and of a range end. */
  maxOneKeyBytes: 65_536,
} as const;

/** Bytes of keys that a watch may have for free, since the number of watches bounds them. */
const smallBytes = 256;

/** The error for a watch whose key or range end is too long: both are kept while it lives. */
export function watchKeyFault(key: Uint8Array, rangeEnd: Uint8Array): ErrorKind | undefined {
  const bytes = Math.max(key.length, rangeEnd.length);
  return bytes > watchLimits.maxOneKeyBytes ? errors.watchKeyTooLarge : undefined;
}

/** What one member's streams, watches and keys may still take. */
export class WatchRoom {
  readonly #streams: Shares;
  readonly watches: Shares;
  readonly keyBytes = new Shares(watchLimits.maxKeyBytes);

  constructor(maxWatches: number = watchLimits.maxWatches) {
    this.#streams = new Shares(watchLimits.maxStreams);
    this.watches = new Shares(maxWatches);
  }

  /**
   * A seat for a stream, or the error that refuses it. A member without room for a first watch
   * refuses the stream too, so that its client asks another member.
   */
  enter(client: string): WatchSeat | ErrorKind {
    if (this.watches.free === 0) return errors.tooManyWatches;
    if (!this.#streams.take(client, 1)) return errors.tooManyStreams;
    return new WatchSeat(this, client, () => this.#streams.release(client, 1));
  }
}

/** What one stream takes of its member's room. */
export class WatchSeat {
  readonly #room: WatchRoom;
  readonly #client: string;
  readonly #leave: () => void;
  #watches = 0;
  #keyBytes = 0;
  #left = false;

  constructor(room: WatchRoom, client: string, leave: () => void) {
    this.#room = room;
    this.#client = client;
    this.#leave = leave;
  }

  /** Takes room for a watch with so many bytes of keys, or returns the error that refuses it. */
  take(bytes: number): ErrorKind | undefined {
    const { watches, keyBytes } = this.#room;
    const large = beyondSmall(bytes);
    // A stream's first watch is bounded only by the number of watches of all clients.
    const first = this.#watches === 0;
    if (!first && this.#watches + 1 > watches.free / 2) return errors.tooManyWatches;
    if (!watches.take(first ? "" : this.#client, 1)) return errors.tooManyWatches;
    const share = large === 0 || this.#keyBytes + large <= keyBytes.free / 2;
    if (!share || !keyBytes.take(this.#client, large)) {
      watches.release(first ? "" : this.#client, 1);
      return errors.tooManyWatchBytes;
    }
    this.#watches += 1;
    this.#keyBytes += large;
    return undefined;
  }

  release(bytes: number): void {
    const large = beyondSmall(bytes);
    this.#watches -= 1;
    this.#keyBytes -= large;
    if (this.#watches < 0 || this.#keyBytes < 0) {
      throw new Error(`${this.#watches} watches and ${this.#keyBytes} bytes on a stream`);
    }
    // The first watch, which was counted for no client, is released last.
    this.#room.watches.release(this.#watches === 0 ? "" : this.#client, 1);
    this.#room.keyBytes.release(this.#client, large);
  }

  /** Releases the stream's place, after its watches. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    if (this.#watches > 0) throw new Error(`a stream ends with ${this.#watches} watches`);
    this.#leave();
  }
}

const beyondSmall = (bytes: number): number => Math.max(0, bytes - smallBytes);
