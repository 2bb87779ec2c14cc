import { type Entry, EntryType } from "../../../../src/proto/raftpb.ts";

/** A broken promise of Raft's. */
export class Violation extends Error {
  override readonly name = "Violation";
}

function require(condition: boolean, what: () => string): asserts condition {
  if (!condition) throw new Violation(what());
}

interface Committed {
  readonly entry: Entry;
  /** The term of the leader that committed it. */
  readonly commitTerm: number;
  /** Of all entries up to this one. */
  readonly hash: number;
}

/** One step of a running hash over entries: what a state machine that applied them would be. */
export function chain(hash: number, { term, index, type, data }: Entry): number {
  let next = Math.imul(hash ^ term, 0x01000193);
  next = Math.imul(next ^ index, 0x01000193);
  next = Math.imul(next ^ type, 0x01000193);
  for (const byte of data) next = Math.imul(next ^ byte, 0x01000193);
  return next >>> 0;
}

function same(a: Entry, b: Entry): boolean {
  return (
    a.term === b.term &&
    a.index === b.index &&
    a.type === b.type &&
    a.data.length === b.data.length &&
    a.data.every((byte, i) => byte === b.data[i])
  );
}

const describe = (e: Entry | undefined): string => (e ? `${e.term}/${e.index}` : "nothing");

/**
 * What the whole cluster has done so far, seen from above: who led when, what was committed, and
 * which entries exist at all. Each observation is checked against it. (Raft paper, figure 3.)
 */
export class History {
  /** The index that all members' logs begin behind. */
  readonly base: number;
  readonly #committed: Committed[] = [];
  readonly #leaders = new Map<number, number>();
  /** Every entry that was ever in a log, with the term of the one before it. */
  readonly #entries = new Map<string, { readonly entry: Entry; readonly prevTerm: number }>();

  constructor(base: number) {
    this.base = base;
  }

  get lastCommitted(): number {
    return this.base + this.#committed.length;
  }

  /** Terms that had a leader. */
  get elections(): number {
    return this.#leaders.size;
  }

  /** Committed configuration changes. */
  get membershipChanges(): number {
    return this.#committed.filter(({ entry }) => entry.type !== EntryType.EntryNormal).length;
  }

  #at(index: number): Committed | undefined {
    return this.#committed[index - this.base - 1];
  }

  /** The hash of all that is committed up to an index. */
  hashAt(index: number): number {
    if (index === this.base) return 0;
    const found = this.#at(index);
    require(found !== undefined, () => `nothing is committed at ${index}`);
    return found.hash;
  }

  /** Election safety: at most one leader in a term. */
  leads(id: number, term: number): void {
    const leader = this.#leaders.get(term) ?? id;
    require(leader === id, () => `both ${leader} and ${id} lead in term ${term}`);
    this.#leaders.set(term, id);
  }

  /** Log matching: an entry's index and term decide all that it is, and what is before it. */
  logs(entry: Entry, prevTerm: number): void {
    const key = `${entry.index} ${entry.term}`;
    const known = this.#entries.get(key);
    if (known === undefined) {
      this.#entries.set(key, { entry, prevTerm });
      return;
    }
    require(same(known.entry, entry), () => `two different entries ${describe(entry)}`);
    require(known.prevTerm === prevTerm, () =>
      `terms ${known.prevTerm} and ${prevTerm} both stand before ${describe(entry)}`);
  }

  /** A member's commit index covers an entry for the first time, or again. */
  commits(entry: Entry, commitTerm: number): void {
    if (entry.index === this.lastCommitted + 1) {
      const hash = chain(this.hashAt(this.lastCommitted), entry);
      this.#committed.push({ entry, commitTerm, hash });
      return;
    }
    this.mustBeCommitted(entry);
  }

  /** State machine safety: nothing else is ever applied at an index. */
  mustBeCommitted(entry: Entry): void {
    const known = this.#at(entry.index)?.entry;
    require(known !== undefined && same(known, entry), () =>
      `${describe(entry)} where ${describe(known)} was committed`);
  }

  /** Leader completeness: a leader has all that was committed in terms before its own. */
  isComplete(leader: number, term: number, first: number, log: (i: number) => Entry | undefined) {
    for (let index = Math.max(first, this.base + 1); index <= this.lastCommitted; index++) {
      const known = this.#at(index);
      if (known === undefined || known.commitTerm >= term) return;
      const own = log(index);
      require(own !== undefined && same(own, known.entry), () =>
        `${leader} leads in term ${term} with ${describe(own)} ` +
        `where ${describe(known.entry)} was committed in term ${known.commitTerm}`);
    }
  }
}
