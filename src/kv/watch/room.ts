import { type ErrorKind, errors } from "../../etcd/errors.ts";
import { Shares } from "./shares.ts";

/** What the watches of one member may be, all of its clients' together. */
export const watchLimits = {
  maxStreams: 4_096,
  maxWatches: 10_000,
  /** Bytes of their keys and range ends, above the few that most are. */
  maxKeyBytes: 8_000_000,
  /** Of a key, and of a range end. */
  maxOneKeyBytes: 65_536,
} as const;

/** Keys of so many bytes are bounded by the number of watches alone. */
const smallBytes = 256;

/** Why that may not be watched, if so. Both ends are held for as long as the watch is. */
export function watchKeyFault(key: Uint8Array, rangeEnd: Uint8Array): ErrorKind | undefined {
  const bytes = Math.max(key.length, rangeEnd.length);
  return bytes > watchLimits.maxOneKeyBytes ? errors.watchKeyTooLarge : undefined;
}

/** What there is room for in one member: streams, watches and the bytes of their keys. */
export class WatchRoom {
  readonly #streams: Shares;
  readonly watches: Shares;
  readonly keyBytes = new Shares(watchLimits.maxKeyBytes);

  constructor(maxWatches: number = watchLimits.maxWatches) {
    this.#streams = new Shares(watchLimits.maxStreams);
    this.watches = new Shares(maxWatches);
  }

  /**
   * A stream's place, or why there is none. A member that has no room for a first watch takes no
   * stream either, so that its client asks another one.
   */
  enter(client: string): WatchSeat | ErrorKind {
    if (this.watches.free === 0) return errors.tooManyWatches;
    if (!this.#streams.take(client, 1)) return errors.tooManyStreams;
    return new WatchSeat(this, client, () => this.#streams.release(client, 1));
  }
}

/** What one stream has of the room of its member. */
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

  /** Takes room for a watch whose ends have so many bytes, or says why there is none. */
  take(bytes: number): ErrorKind | undefined {
    const { watches, keyBytes } = this.#room;
    const large = beyondSmall(bytes);
    // The first one is what a stream is for: only what all have bounds it.
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
    // The one that was counted for no client is the last to go.
    this.#room.watches.release(this.#watches === 0 ? "" : this.#client, 1);
    this.#room.keyBytes.release(this.#client, large);
  }

  /** The stream has ended, its watches before it. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    if (this.#watches > 0) throw new Error(`a stream ends with ${this.#watches} watches`);
    this.#leave();
  }
}

const beyondSmall = (bytes: number): number => Math.max(0, bytes - smallBytes);
