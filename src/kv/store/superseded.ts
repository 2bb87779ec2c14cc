/** Bytes that compacting this revision frees. */
export interface Freed {
  readonly revision: number;
  readonly bytes: number;
}

/** Groups that are kept: what a compaction frees is known to about one percent. */
const maxGroups = 1_024;
/**
 * Neighbours up to this part of all bytes are merged, which leaves at most twice as many groups.
 */
const sharedGroups = maxGroups / 4;

/** How many revisions are told apart while they come in any order. */
const maxGathered = 8_192;

/**
 * Bytes of the versions that are neither live nor compacted, by the revision whose compaction frees
 * them. With too many revisions, neighbours share a group, which counts as freed with its last
 * revision: never too early. Depends only on the calls made, so members that apply one log agree.
 */
export class Superseded {
  #groups: Group[];
  #bytes = 0;

  constructor(groups: readonly Freed[] = []) {
    this.#groups = groups.map(({ revision, bytes }) => ({ revision, bytes }));
    for (const { bytes } of groups) this.#bytes += bytes;
  }

  /** Bytes of all groups. */
  get bytes(): number {
    return this.#bytes;
  }

  /** All groups, by ascending revision. */
  get groups(): readonly Freed[] {
    return this.#groups;
  }

  /** Adds bytes; revisions must ascend. */
  add(revision: number, bytes: number): void {
    if (bytes === 0) return;
    const newest = this.#groups.at(-1);
    if (newest !== undefined && newest.revision > revision) {
      throw new Error(`superseded at ${revision} after ${newest.revision}`);
    }
    if (newest?.revision === revision) newest.bytes += bytes;
    else this.#groups.push({ revision, bytes });
    this.#bytes += bytes;
    if (this.#groups.length > maxGroups) this.#share();
  }

  /** Forgets what a compaction of this revision freed. */
  free(revision: number): void {
    const first = this.#groups.findIndex((group) => group.revision > revision);
    const freed = this.#groups.splice(0, first < 0 ? this.#groups.length : first);
    for (const { bytes } of freed) this.#bytes -= bytes;
  }

  /** The lowest revision whose compaction frees so many bytes; undefined where none does. */
  revisionFreeing(bytes: number): number | undefined {
    let freed = 0;
    return this.#groups.find((group) => {
      freed += group.bytes;
      return freed >= bytes;
    })?.revision;
  }

  /** Merges small neighbours; the newest group stays alone, since it may still grow. */
  #share(): void {
    const newest = this.#groups.pop();
    this.#groups = shared(this.#groups, this.#bytes);
    if (newest !== undefined) this.#groups.push(newest);
  }
}

/** The same of versions that are found in any order. */
export class GatheredBytes {
  #byRevision = new Map<number, number>();
  #bytes = 0;

  add(revision: number, bytes: number): void {
    this.#byRevision.set(revision, (this.#byRevision.get(revision) ?? 0) + bytes);
    this.#bytes += bytes;
    if (this.#byRevision.size > maxGathered) this.#share();
  }

  /** By revision, ascending, and no more of them than Superseded has. */
  groups(): readonly Freed[] {
    if (this.#byRevision.size > maxGroups) this.#share();
    return this.#sorted();
  }

  #sorted(): Freed[] {
    return [...this.#byRevision]
      .map(([revision, bytes]) => ({ revision, bytes }))
      .sort((a, b) => a.revision - b.revision);
  }

  #share(): void {
    const groups = shared(this.#sorted(), this.#bytes);
    this.#byRevision = new Map(groups.map(({ revision, bytes }) => [revision, bytes]));
  }
}

interface Group {
  revision: number;
  bytes: number;
}

/** Neighbours that are small are put together, into the last of them. */
function shared(groups: readonly Freed[], all: number): Group[] {
  const enough = all / sharedGroups;
  const fewer: Group[] = [];
  for (const { revision, bytes } of groups) {
    const last = fewer.at(-1);
    if (last !== undefined && last.bytes + bytes <= enough) {
      last.revision = revision;
      last.bytes += bytes;
    } else fewer.push({ revision, bytes });
  }
  return fewer;
}
