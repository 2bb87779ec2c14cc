/**
 * The window of MsgApp messages sent to one follower and not yet acknowledged, limited by count and
 * by bytes of entries: a ring of (index of the message's last entry, bytes).
 * Source: etcd's tracker/inflights.go.
 */
export class Inflights {
  readonly size: number;
  /** 0 means no limit by bytes. */
  readonly maxBytes: number;

  /** The ring. It grows on demand up to `size`: most followers never fill their window. */
  #indexes: number[] = [];
  #bytesOf: number[] = [];
  /** The position of the oldest message in the ring; 0 if the window is empty. */
  #start = 0;
  #count = 0;
  /** The sum of #bytesOf over the window. */
  #bytes = 0;

  constructor(size: number, maxBytes = 0) {
    this.size = size;
    this.maxBytes = maxBytes;
  }

  /** How many messages are in flight. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of entries in flight. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The oldest message's last index; undefined if nothing is in flight. */
  get first(): number | undefined {
    return this.#count === 0 ? undefined : this.#indexes[this.#start];
  }

  /** Whether no further message may be sent. One message may cross the byte limit. */
  full(): boolean {
    return this.#count === this.size || (this.maxBytes !== 0 && this.#bytes >= this.maxBytes);
  }

  /**
   * Records a message. Its index must not be below earlier ones. Throws where the window is full.
   */
  add(index: number, bytes: number): void {
    if (this.full()) {
      throw new Error(
        `cannot add index ${index} into a full inflights: ${this.#count} of ${this.size} msgs, ` +
          `${this.#bytes} of ${this.maxBytes} bytes`,
      );
    }
    let capacity = this.#indexes.length;
    if (this.#count === capacity) {
      this.#grow();
      capacity = this.#indexes.length;
    }
    let at = this.#start + this.#count;
    if (at >= capacity) at -= capacity;
    this.#indexes[at] = index;
    this.#bytesOf[at] = bytes;
    this.#count++;
    this.#bytes += bytes;
  }

  /** Frees all messages whose last index is at or below `to`. */
  freeLE(to: number): void {
    const capacity = this.#indexes.length;
    while (this.#count > 0 && (this.#indexes[this.#start] as number) <= to) {
      this.#bytes -= this.#bytesOf[this.#start] as number;
      this.#count--;
      this.#start = this.#start + 1 === capacity ? 0 : this.#start + 1;
    }
    if (this.#count === 0) this.#start = 0;
  }

  reset(): void {
    this.#start = 0;
    this.#count = 0;
    this.#bytes = 0;
  }

  clone(): Inflights {
    const copy = new Inflights(this.size, this.maxBytes);
    copy.#indexes = [...this.#indexes];
    copy.#bytesOf = [...this.#bytesOf];
    copy.#start = this.#start;
    copy.#count = this.#count;
    copy.#bytes = this.#bytes;
    return copy;
  }

  /** The last indexes in flight, oldest first. */
  toArray(): number[] {
    return this.#rotated(this.#indexes).slice(0, this.#count);
  }

  #rotated(ring: readonly number[]): number[] {
    return [...ring.slice(this.#start), ...ring.slice(0, this.#start)];
  }

  #grow(): void {
    this.#indexes = this.#rotated(this.#indexes);
    this.#bytesOf = this.#rotated(this.#bytesOf);
    this.#start = 0;
    const capacity = Math.min(Math.max(1, this.#count * 2), this.size);
    while (this.#indexes.length < capacity) {
      this.#indexes.push(0);
      this.#bytesOf.push(0);
    }
  }
}
