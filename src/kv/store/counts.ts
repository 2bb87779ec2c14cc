/** Operations on keys in one entry or read. */
export interface Operations {
  ranges: number;
  puts: number;
  deletes: number;
  /** Bytes of the keys and values that were put. */
  putBytes: number;
}

export const noOperations = (): Operations => ({ ranges: 0, puts: 0, deletes: 0, putBytes: 0 });

/** Operations on a member's store since it started; not replicated. */
export class Counts implements Operations {
  ranges = 0;
  puts = 0;
  deletes = 0;
  putBytes = 0;
  /** Transactions of more than one operation, as etcd counts them. */
  txns = 0;

  add({ ranges, puts, deletes, putBytes }: Operations): void {
    this.ranges += ranges;
    this.puts += puts;
    this.deletes += deletes;
    this.putBytes += putBytes;
    if (ranges + puts + deletes > 1) this.txns += 1;
  }
}
