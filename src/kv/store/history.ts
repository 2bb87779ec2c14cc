import { type Event, EventType, type KeyValue } from "../../proto/generated/etcd.ts";
import { StorageDamagedError } from "../../storage/damage.ts";
import { partitionPoint } from "../../storage/partition-point.ts";
import { byteString } from "../keys/key-range.ts";
import type { CurrentStore } from "./current-store.ts";
import { type HistoryEntry, isTombstone } from "./version.ts";

/** The events of one or more whole revisions, in order. */
export interface HistoryPage {
  readonly events: readonly Event[];
  /** The first revision that was not looked at. */
  readonly nextRevision: number;
}

export interface HistoryLimits {
  readonly maxRevisions: number;
  /** Bytes of keys and values. A revision is never divided, so its events may exceed this. */
  readonly maxBytes: number;
}

/** What the watch hub reads. Synchronous, and always of the applied state. */
export interface History {
  readonly revision: number;
  /** Lower revisions cannot be read; -1 where nothing was compacted. */
  readonly compactRevision: number;
  /**
   * The events from `fromRevision` on (above the compact revision) of keys for which `wants` is
   * true. Their prevKv is undefined: ask `valueAt` for it.
   */
  eventsFrom(
    fromRevision: number,
    wants: (key: string) => boolean,
    limits: HistoryLimits,
  ): HistoryPage;
  /** The key as of a revision; undefined if it did not live then or that is compacted. */
  valueAt(key: Uint8Array, revision: number): KeyValue | undefined;
}

/** Entries that one page looks at, matching or not, which bounds its time. */
const maxEntriesAPage = 50_000;

/** Bytes reckoned for an event beside key and value, so that a page of tiny ones is bounded. */
const eventOverheadBytes = 32;

/** The store's past for watchers: first the blocks of the base, then the overlay. */
export class StoreHistory implements History {
  readonly #current: CurrentStore;

  constructor(current: CurrentStore) {
    this.#current = current;
  }

  get revision(): number {
    return this.#current.store.revision;
  }

  get compactRevision(): number {
    return this.#current.store.compactRevision;
  }

  valueAt(key: Uint8Array, revision: number): KeyValue | undefined {
    const store = this.#current.store;
    if (revision < store.compactRevision || revision > store.revision) return undefined;
    return store.at(revision).get(byteString(key));
  }

  eventsFrom(
    fromRevision: number,
    wants: (key: string) => boolean,
    limits: HistoryLimits,
  ): HistoryPage {
    const page = new PageBuilder(fromRevision, limits);
    for (const entry of this.#entriesFrom(fromRevision)) {
      if (page.isFullBefore(entry.revision)) {
        return { events: page.events, nextRevision: entry.revision };
      }
      if (wants(entry.key)) page.add(this.#versionOf(entry));
    }
    return { events: page.events, nextRevision: this.#current.store.revision + 1 };
  }

  /** All entries in order. Every revision has at least one. */
  *#entriesFrom(fromRevision: number): Generator<KnownEntry> {
    const { base, overlay, persistedRevision } = this.#current.store;
    for (const block of base.blocks) {
      if (block.first > persistedRevision) break;
      if (block.last < fromRevision) continue;
      for (const entry of base.entries(block)) {
        if (entry.revision >= fromRevision) yield { ...entry, kv: undefined };
      }
    }
    const { queue } = overlay;
    for (let at = firstAt(queue, fromRevision); at < queue.length; at++) {
      const row = queue[at];
      if (row === undefined) return;
      const { key, kv, second } = row;
      yield { key, revision: kv.modRevision, second, kv };
    }
  }

  #versionOf(entry: KnownEntry): KeyValue {
    const kv = entry.kv ?? this.#current.store.base.version(entry);
    if (kv !== undefined) return kv;
    throw new StorageDamagedError(
      "the base",
      `the history has revision ${entry.revision} of a key, the rows have not; ` +
        `compacted: ${this.compactRevision}`,
    );
  }
}

interface KnownEntry extends HistoryEntry {
  /** The version, where it is known without a look-up. */
  readonly kv: KeyValue | undefined;
}

/** The first position in a queue that is ordered by revision. */
function firstAt(queue: readonly { readonly kv: KeyValue }[], fromRevision: number): number {
  return partitionPoint(queue, ({ kv }) => kv.modRevision < fromRevision);
}

class PageBuilder {
  readonly events: Event[] = [];
  readonly #limits: HistoryLimits;
  #revision: number;
  #revisions = 0;
  #entries = 0;
  #bytes = 0;

  constructor(fromRevision: number, limits: HistoryLimits) {
    this.#revision = fromRevision;
    this.#limits = limits;
  }

  /** Called with each entry's revision, in order; a page only ends before a new revision. */
  isFullBefore(revision: number): boolean {
    this.#entries++;
    if (revision === this.#revision) return false;
    const { maxRevisions, maxBytes } = this.#limits;
    const full = this.#revisions >= maxRevisions || this.#bytes >= maxBytes;
    if ((full || this.#entries > maxEntriesAPage) && this.#entries > 1) return true;
    this.#revision = revision;
    return false;
  }

  add(kv: KeyValue): void {
    if (this.events.at(-1)?.kv?.modRevision !== kv.modRevision) this.#revisions++;
    const type = isTombstone(kv) ? EventType.DELETE : EventType.PUT;
    this.events.push({ type, kv, prevKv: undefined });
    this.#bytes += kv.key.length + kv.value.length + eventOverheadBytes;
  }
}
