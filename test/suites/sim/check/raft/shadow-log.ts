import {
  type Entry,
  EntryType,
  type HardState,
  type SnapshotMetadata,
} from "../../../../../src/proto/raftpb.ts";

/** What identifies an entry's content. */
export interface Mark {
  readonly term: number;
  readonly hash: number;
}

export function markOf(entry: Entry): Mark {
  let hash = 0x811c9dc5 ^ entry.type;
  const { data } = entry;
  for (let i = 0; i < data.length; i++) hash = Math.imul(hash ^ (data[i] ?? 0), 0x01000193);
  return { term: entry.term, hash: hash >>> 0 };
}

export function sameMark(a: Mark | undefined, b: Mark | undefined): boolean {
  return a?.term === b?.term && a?.hash === b?.hash;
}

export function isConfChange({ type }: Entry): boolean {
  return type === EntryType.EntryConfChange || type === EntryType.EntryConfChangeV2;
}

/** A log as a checker keeps it beside the member's own: marks only, and never compacted. */
export class ShadowLog {
  hardState: HardState = { term: 0, vote: 0, commit: 0 };
  #baseIndex = 0;
  #baseTerm = 0;
  #marks: Mark[] = [];

  get firstIndex(): number {
    return this.#baseIndex + 1;
  }

  get lastIndex(): number {
    return this.#baseIndex + this.#marks.length;
  }

  /** Nothing is known of entries at or below the base but that they are covered by a snapshot. */
  get baseIndex(): number {
    return this.#baseIndex;
  }

  at(index: number): Mark | undefined {
    return this.#marks[index - this.#baseIndex - 1];
  }

  termAt(index: number): number | undefined {
    return index === this.#baseIndex ? this.#baseTerm : this.at(index)?.term;
  }

  /** Whether the entry is there, or below what a snapshot covers. */
  holds(index: number, term: number): boolean {
    return index < this.#baseIndex || this.termAt(index) === term;
  }

  /** Later entries override a conflicting suffix. `marks` are theirs, one for each. */
  append(entries: readonly Entry[], marks: readonly Mark[] = entries.map(markOf)): void {
    const [first] = entries;
    if (first === undefined) return;
    const keep = first.index - this.#baseIndex - 1;
    if (keep < 0 || keep > this.#marks.length) {
      throw new RangeError(
        `entries from ${first.index} do not join a log of ${this.firstIndex} to ${this.lastIndex}`,
      );
    }
    this.#marks.length = keep;
    this.#marks.push(...marks);
  }

  /** The log begins anew after a snapshot. */
  restart({ index, term }: Pick<SnapshotMetadata, "index" | "term">): void {
    this.#baseIndex = index;
    this.#baseTerm = term;
    this.#marks = [];
  }

  copy(): ShadowLog {
    const copy = new ShadowLog();
    copy.hardState = this.hardState;
    copy.#baseIndex = this.#baseIndex;
    copy.#baseTerm = this.#baseTerm;
    copy.#marks = [...this.#marks];
    return copy;
  }
}
