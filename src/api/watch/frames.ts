/** Frames of a member's watch stream: messages after their length in 4 bytes, big-endian. */
import { concat, prefixBytes } from "../../proto/bytes.ts";

/** Far above the largest message of a member. */
const maxFrameBytes = 64 << 20;

/** Joins arriving chunks into frames. */
export class FrameReader {
  /** Bytes not yet returned, and how many the next frame needs. */
  #rest: Uint8Array[] = [];
  #length = 0;
  #wanted = prefixBytes;

  /** Bytes of the incomplete frame; 0 where they are not known yet. */
  get expected(): number {
    return this.#length >= prefixBytes ? this.#wanted : 0;
  }

  /** Adds a chunk and returns the completed frames. Throws for an impossible length. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#rest.push(chunk);
    this.#length += chunk.length;
    // The many chunks of a large frame are joined once.
    if (this.#length < this.#wanted) return [];
    const bytes = concat(this.#rest);
    const frames: Uint8Array[] = [];
    let at = 0;
    this.#wanted = frameEnd(bytes, at);
    while (this.#wanted <= bytes.length) {
      frames.push(bytes.subarray(at + prefixBytes, this.#wanted));
      at = this.#wanted;
      this.#wanted = frameEnd(bytes, at);
    }
    this.#rest = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#length = bytes.length - at;
    this.#wanted -= at;
    return frames;
  }
}

/** The end of the frame that begins at `at`, or of its length prefix if that is incomplete. */
function frameEnd(bytes: Uint8Array, at: number): number {
  if (bytes.length - at < prefixBytes) return at + prefixBytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, prefixBytes);
  const length = view.getUint32(0);
  if (length > maxFrameBytes) throw new Error(`a frame of ${length} bytes on a watch stream`);
  return at + prefixBytes + length;
}
