/** What one entry or read did with keys. */
export interface Operations {
  ranges: number;
  puts: number;
  deletes: number;
  /** Of the keys and values that were put. */
  putBytes: number;
}

export const noOperations = (): Operations => ({ ranges: 0, puts: 0, deletes: 0, putBytes: 0 });

/** What a member's store was asked since it started: its own, never replicated. */
export class Counts implements Operations {
  ranges = 0;
  puts = 0;
  deletes = 0;
  putBytes = 0;
  /** Of more than one operation, as etcd counts them. */
  txns = 0;

  add({ ranges, puts, deletes, putBytes }: Operations): void {
    this.ranges += ranges;
    this.puts += puts;
    this.deletes += deletes;
    this.putBytes += putBytes;
    if (ranges + puts + deletes > 1) this.txns += 1;
  }
}
