import type { RecordSink } from "../../../src/kv/fingerprint/table.ts";

/** Counts records, so that a test can hold what a table reported against what it says it has. */
export class CountingSink implements RecordSink {
  readonly #counts = new Map<string, number>();

  add(record: Uint8Array): void {
    this.#change(record, 1);
  }

  remove(record: Uint8Array): void {
    this.#change(record, -1);
  }

  /** Hex records that are there, sorted. Throws where one was taken away that was never added. */
  present(): readonly string[] {
    return [...this.#counts]
      .flatMap(([hex, count]) => {
        if (count < 0) throw new Error(`record ${hex} was removed more often than added`);
        return Array.from({ length: count }, () => hex);
      })
      .sort();
  }

  #change(record: Uint8Array, by: number): void {
    const hex = Buffer.from(record).toString("hex");
    this.#counts.set(hex, (this.#counts.get(hex) ?? 0) + by);
  }
}

/** The records of a table as CountingSink.present writes them. */
export function recordsOf(table: { records(): Iterable<Uint8Array> }): readonly string[] {
  return [...table.records()].map((record) => Buffer.from(record).toString("hex")).sort();
}
