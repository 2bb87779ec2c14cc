/** A member's watch stream: messages behind 4 bytes of their length, big-endian. */
import { concat, prefixBytes } from "../../proto/bytes.ts";

/** Far above what a member sends in one message. */
const maxFrameBytes = 64 << 20;

/** Finds the frames in the chunks that arrive, wherever those were cut. */
export class FrameReader {
  /** What is left of the chunks, and how much of it there must be for the next frame. */
  #rest: Uint8Array[] = [];
  #length = 0;
  #wanted = prefixBytes;

  /** Bytes of the frame that has begun and is not complete; 0 where that is not known yet. */
  get expected(): number {
    return this.#length >= prefixBytes ? this.#wanted : 0;
  }

  /** The frames that are complete now. Throws where a length cannot be one. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#rest.push(chunk);
    this.#length += chunk.length;
    // A large frame comes in many chunks: they are joined once.
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

/** Where the frame ends that begins there, or its length where not even that is complete. */
function frameEnd(bytes: Uint8Array, at: number): number {
  if (bytes.length - at < prefixBytes) return at + prefixBytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, prefixBytes);
  const length = view.getUint32(0);
  if (length > maxFrameBytes) throw new Error(`a frame of ${length} bytes on a watch stream`);
  return at + prefixBytes + length;
}
