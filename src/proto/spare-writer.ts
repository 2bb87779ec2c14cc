import protobuf from "protobufjs/minimal.js";

/** Writes small integers, as most are, as 32 bits: the same bytes without a temporary object. */
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

  /** A copy of the written bytes, in a buffer of its own. */
  written(): Uint8Array<ArrayBuffer> {
    return (this.buf as Uint8Array<ArrayBuffer>).slice(0, this.pos);
  }
}

/** Above this size a writer's buffer was grown for one large message, and is not kept. */
const maxKeptBytes = 64 * 1_024;

/**
 * One writer reused for all messages: making one and growing it costs more than most messages.
 * After an exception it is not reused.
 */
export class SpareWriter {
  #spare: QuickWriter | undefined;

  take(): QuickWriter {
    const writer = this.#spare ?? new QuickWriter();
    this.#spare = undefined;
    return writer;
  }

  /** Copies the writer's bytes and takes the writer back. */
  finish(writer: QuickWriter): Uint8Array<ArrayBuffer> {
    const bytes = writer.written();
    if (writer.len <= maxKeptBytes) {
      writer.reset();
      this.#spare = writer;
    }
    return bytes;
  }
}
