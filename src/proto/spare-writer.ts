import type protobuf from "protobufjs/minimal.js";

/** A writer that has grown beyond this was for one large message: its buffer is not kept. */
const maxKeptBytes = 64 * 1_024;

/**
 * One writer for message after message: to make and to grow one costs more than most messages. What
 * it wrote must be copied before it is kept; one whose message threw is not kept.
 */
export class SpareWriter<W extends protobuf.Writer> {
  readonly #make: () => W;
  #spare: W | undefined;

  constructor(make: () => W) {
    this.#make = make;
  }

  take(): W {
    const writer = this.#spare ?? this.#make();
    this.#spare = undefined;
    return writer;
  }

  keep(writer: W): void {
    if (writer.len > maxKeptBytes) return;
    writer.reset();
    this.#spare = writer;
  }
}
