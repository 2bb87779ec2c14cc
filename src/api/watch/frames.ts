/** A member's watch stream: messages behind 4 bytes of their length, big-endian. */

const prefixBytes = 4;
/** Far above what a member sends in one message. */
const maxFrameBytes = 64 << 20;

/** Finds the frames in the chunks that arrive, wherever those were cut. */
export class FrameReader {
  #rest = new Uint8Array();

  /** The frames that are complete now. Throws where a length cannot be one. */
  push(chunk: Uint8Array): Uint8Array[] {
    let bytes = chunk;
    if (this.#rest.length > 0) {
      bytes = new Uint8Array(this.#rest.length + chunk.length);
      bytes.set(this.#rest);
      bytes.set(chunk, this.#rest.length);
    }
    const frames: Uint8Array[] = [];
    let at = 0;
    while (bytes.length - at >= prefixBytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, prefixBytes);
      const length = view.getUint32(0);
      if (length > maxFrameBytes) throw new Error(`a frame of ${length} bytes on a watch stream`);
      const end = at + prefixBytes + length;
      if (end > bytes.length) break;
      frames.push(bytes.subarray(at + prefixBytes, end));
      at = end;
    }
    this.#rest = bytes.slice(at);
    return frames;
  }
}
