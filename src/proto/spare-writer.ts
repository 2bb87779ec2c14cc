import protobuf from "protobufjs/minimal.js";

/**
 * Most integers are small: written as 32 bits they are the same bytes, and nothing is made on the
 * way.
 */
class QuickWriter extends protobuf.Writer {
  override uint64(value: number): this {
    if (value >>> 0 === value) this.uint32(value);
    else super.uint64(value);
    return this;
  }

  override int64(value: number): this {
    if (value >>> 0 === value) this.uint32(value);
    else super.int64(value);
    return this;
  }

  /** What was written, in a buffer of its own. */
  written(): Uint8Array<ArrayBuffer> {
    return (this.buf as Uint8Array<ArrayBuffer>).slice(0, this.pos);
  }
}

/** A writer that has grown beyond this was for one large message: its buffer is not kept. */
const maxKeptBytes = 64 * 1_024;

/**
 * One writer for message after message: to make and to grow one costs more than most messages. One
 * whose message threw is not kept.
 */
export class SpareWriter {
  #spare: QuickWriter | undefined;

  take(): QuickWriter {
    const writer = this.#spare ?? new QuickWriter();
    this.#spare = undefined;
    return writer;
  }

  /** A copy of what it wrote; it is taken back. */
  finish(writer: QuickWriter): Uint8Array<ArrayBuffer> {
    const bytes = writer.written();
    if (writer.len <= maxKeptBytes) {
      writer.reset();
      this.#spare = writer;
    }
    return bytes;
  }
}
