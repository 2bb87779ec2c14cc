/**
 * What etcd promises about watches (etcd's api_guarantees.md): events come ordered by revision,
 * never twice, never with a gap, all of one revision together, and a watch that is resumed at the
 * revision after the last goes on as if it had never been cut.
 */

export interface SeenEvent {
  readonly key: string;
  readonly revision: number;
  /** Undefined for a deletion. */
  readonly value: string | undefined;
  /** Undefined where the key was absent, or the previous value is compacted. */
  readonly previous: string | undefined;
}

/** What one watcher has seen. */
export class WatchLog {
  /** By revision, in the order received. */
  readonly revisions = new Map<number, readonly SeenEvent[]>();
  /** Ranges of revisions that were compacted away before the watcher came to them. */
  readonly skipped: { readonly from: number; readonly to: number }[] = [];
  #next = 1;
  readonly #onDelete: (key: string) => void;

  /** @param onDelete is told of every deletion seen. */
  constructor(onDelete: (key: string) => void = () => undefined) {
    this.#onDelete = onDelete;
  }

  /** Where a watch that goes on begins. */
  get nextRevision(): number {
    return this.#next;
  }

  /** Returns what is wrong with this response, if anything. */
  received(events: readonly SeenEvent[], headerRevision: number): string | undefined {
    if (events.length === 0) {
      // A progress notification: all up to this revision has been sent.
      this.#next = Math.max(this.#next, headerRevision + 1);
      return undefined;
    }
    let last = 0;
    const byRevision = new Map<number, SeenEvent[]>();
    for (const event of events) {
      const { revision, key } = event;
      if (revision < last) return `${key}@${revision} came after revision ${last}`;
      if (revision < this.#next) return `${key}@${revision} came although ${this.#next} was next`;
      if (revision > headerRevision) return `${key}@${revision} is above ${headerRevision}`;
      last = revision;
      const group = byRevision.get(revision) ?? [];
      if (group.some((other) => other.key === key)) return `${key}@${revision} came twice`;
      byRevision.set(revision, [...group, event]);
    }
    for (const [revision, group] of byRevision) this.revisions.set(revision, group);
    this.#next = last + 1;
    for (const { key, value } of events) if (value === undefined) this.#onDelete(key);
    return undefined;
  }

  compacted(compactRevision: number): void {
    if (compactRevision < this.#next) return;
    this.skipped.push({ from: this.#next, to: compactRevision });
    this.#next = compactRevision + 1;
  }

  skips(revision: number): boolean {
    return this.skipped.some(({ from, to }) => from <= revision && revision <= to);
  }
}

/** Which keys a log is about. */
export interface WatchedLog {
  readonly name: string;
  readonly log: WatchLog;
  readonly watches: (key: string) => boolean;
  readonly watchesAll: boolean;
}

/** The one sequence of changes that all watchers together have seen. */
export type Chronicle = ReadonlyMap<number, readonly SeenEvent[]>;

export interface ChronicleVerdict {
  readonly chronicle: Chronicle;
  readonly problems: readonly string[];
}

/**
 * Puts the logs of all watchers together: watchers of all keys agree about every revision and miss
 * none up to where they are (every revision is a change, so revisions have no gaps), and the others
 * have seen exactly their part.
 */
export function chronicleOf(logs: readonly WatchedLog[]): ChronicleVerdict {
  const problems: string[] = [];
  const chronicle = new Map<number, readonly SeenEvent[]>();
  for (const { name, log, watchesAll } of logs) {
    if (!watchesAll) continue;
    for (const [revision, events] of log.revisions) {
      const known = chronicle.get(revision);
      if (known === undefined) chronicle.set(revision, events);
      else if (!sameEvents(known, events)) {
        problems.push(`${name} saw ${show(events)}, another ${show(known)}`);
      }
    }
    // The store is born at revision 1, so the first change is revision 2.
    for (let revision = 2; revision < log.nextRevision; revision++) {
      if (!log.revisions.has(revision) && !log.skips(revision)) {
        problems.push(`${name} never saw revision ${revision} and is at ${log.nextRevision}`);
      }
    }
  }
  for (const watched of logs) problems.push(...partProblems(watched, chronicle));
  return { chronicle, problems };
}

function partProblems({ name, log, watches }: WatchedLog, chronicle: Chronicle): string[] {
  const problems: string[] = [];
  for (const [revision, events] of chronicle) {
    if (revision >= log.nextRevision || log.skips(revision)) continue;
    const expected = events.filter(({ key }) => watches(key));
    const seen = log.revisions.get(revision) ?? [];
    if (!sameEvents(expected, seen)) {
      problems.push(`${name} saw ${show(seen)} at ${revision}, not ${show(expected)}`);
    }
  }
  return problems;
}

function sameEvents(a: readonly SeenEvent[], b: readonly SeenEvent[]): boolean {
  const key = (events: readonly SeenEvent[]): string =>
    events
      .map((event) => `${event.key}=${event.value}`)
      .sort()
      .join(" ");
  return key(a) === key(b);
}

function show(events: readonly SeenEvent[]): string {
  const list = events.map(({ key, value, revision }) => `${key}=${value}@${revision}`);
  return list.length === 0 ? "nothing" : list.join(" ");
}
