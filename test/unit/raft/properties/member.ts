import { decodeConfChange, decodeConfChangeV2 } from "../../../../src/proto/codec.ts";
import {
  type ConfState,
  type Entry,
  EntryType,
  type HardState,
  type Message,
  MessageType,
  newSnapshot,
  type Snapshot,
} from "../../../../src/proto/raftpb.ts";
import type { Config } from "../../../../src/raft/config.ts";
import {
  SnapshotTemporarilyUnavailableError,
  StepPeerNotFoundError,
} from "../../../../src/raft/errors.ts";
import { MemoryStorage } from "../../../../src/raft/memorystorage.ts";
import { RawNode } from "../../../../src/raft/node/rawnode.ts";
import { isEmptyHardState, isEmptySnap } from "../../../../src/raft/node/ready.ts";
import { configText } from "../../../../src/raft/tracker/config.ts";
import { chain, type History, Violation } from "./history.ts";

/** Its snapshot is taken when raft asks for it, as of what is applied then. */
export class FreshStorage extends MemoryStorage {
  /** What a snapshot would be now; throws where the host says that it is not ready. */
  fresh: (() => Snapshot) | undefined;

  override snapshot(): Snapshot {
    return this.fresh?.() ?? super.snapshot();
  }

  /** What a restart finds. */
  stored(): Snapshot {
    return super.snapshot();
  }
}

/** Where messages for others and answered reads go. */
export interface Outlet {
  send(message: Message): void;
  readState(context: Uint8Array, index: number): void;
  /** Whether no snapshot can be taken right now. */
  busy(): boolean;
}

type Options = Omit<Config, "id" | "storage" | "applied">;

/**
 * A member's host: it stores, applies and sends, and can lose its memory. All that leaves raft is
 * held against the history. Its state machine is a hash over all applied entries.
 */
export class Member {
  readonly id: number;
  readonly storage: FreshStorage;
  raw: RawNode;
  restarts = 0;
  /** Snapshots of other members that were installed. */
  restored = 0;

  readonly #options: Options;
  readonly #history: History;
  readonly #out: Outlet;
  readonly #appendWork: Message[] = [];
  readonly #applyWork: Message[] = [];

  /** The log as raft has handed it out for storing, from `#first` on. */
  #log: Entry[] = [];
  #first = 1;
  /** The term of the entry before the first. */
  #firstPrevTerm = 0;
  #applied = 0;
  #hash = 0;
  #confState: ConfState;
  #commit = 0;
  #completeInTerm = 0;

  constructor(id: number, storage: FreshStorage, options: Options, history: History, out: Outlet) {
    this.id = id;
    this.storage = storage;
    this.#options = options;
    this.#history = history;
    this.#out = out;
    storage.fresh = () => this.#snapshot();
    this.#confState = storage.stored().metadata.confState;
    this.raw = this.#start();
  }

  get applied(): number {
    return this.#applied;
  }

  get confState(): ConfState {
    return this.#confState;
  }

  get hasAppendWork(): boolean {
    return this.#appendWork.length > 0;
  }

  get hasApplyWork(): boolean {
    return this.#applyWork.length > 0;
  }

  toString(): string {
    const { softState, hardState, config } = this.raw.status();
    const { lead, raftState } = softState;
    const last = this.#first + this.#log.length - 1;
    const log = `log ${this.#first}..${last} of ${this.#log.at(-1)?.term}`;
    const state = `term ${hardState.term} vote ${hardState.vote} lead ${lead} ${raftState}`;
    return `${this.id}: ${state} ${log} applied ${this.#applied} ${configText(config)}`;
  }

  /** All that was not stored is gone. The state machine begins again with the last snapshot. */
  restart(): void {
    this.#appendWork.length = 0;
    this.#applyWork.length = 0;
    this.restarts++;
    this.raw = this.#start();
  }

  #start(): RawNode {
    const { storage } = this;
    const snapshot = storage.stored();
    this.#install(snapshot);
    this.#first = storage.firstIndex();
    this.#firstPrevTerm = storage.term(this.#first - 1);
    const end = storage.lastIndex() + 1;
    this.#log = end > this.#first ? [...storage.entries(this.#first, end, Infinity)] : [];
    this.#commit = 0;
    this.#completeInTerm = 0;
    const applied = snapshot.metadata.index;
    return new RawNode({ ...this.#options, id: this.id, storage, applied });
  }

  #install({ data, metadata }: Snapshot): void {
    this.#applied = metadata.index;
    this.#confState = metadata.confState;
    this.#hash = data.length === 4 ? new DataView(data.slice().buffer).getUint32(0) : 0;
    if (metadata.index >= this.#history.base) {
      const expected = this.#history.hashAt(metadata.index);
      if (this.#hash !== expected) {
        throw new Violation(`snapshot at ${metadata.index} of another history`);
      }
    }
  }

  /** Takes a snapshot of what is applied and forgets entries, but for the last few. */
  compact(keep: number): boolean {
    const { storage } = this;
    if (this.#applied <= storage.stored().metadata.index) return false;
    storage.createSnapshot(this.#applied, this.#confState, this.#state());
    // Who has a snapshot must know that it is committed, or could not start from it.
    const { hardState } = storage.initialState();
    if (hardState.commit < this.#applied) {
      storage.setHardState({ ...hardState, commit: this.#applied });
    }
    const to = this.#applied - keep;
    if (to >= storage.firstIndex()) storage.compact(to);
    return true;
  }

  #state(): Uint8Array {
    const data = new Uint8Array(4);
    new DataView(data.buffer).setUint32(0, this.#hash);
    return data;
  }

  #snapshot(): Snapshot {
    if (this.#out.busy()) throw new SnapshotTemporarilyUnavailableError();
    const index = this.#applied;
    const confState = this.#confState;
    return newSnapshot({ index, term: this.storage.term(index), confState }, this.#state());
  }

  /** Takes a Ready and does what it asks, or all but the last: a crash may come in between. */
  handleReady(crash = false): void {
    const ready = this.raw.ready();
    const asynchronous = this.#options.asyncStorageWrites === true;
    this.#logged(ready.snapshot, ready.entries);
    this.observe();
    for (const { requestCtx, index } of ready.readStates) this.#out.readState(requestCtx, index);
    if (!asynchronous) {
      this.#store(ready.hardState, ready.snapshot, ready.entries);
      if (crash) {
        this.restart();
        return;
      }
      this.#apply(ready.committedEntries);
    }
    for (const message of ready.messages) {
      if (message.type === MessageType.MsgStorageAppend) this.#appendWork.push(message);
      else if (message.type === MessageType.MsgStorageApply) this.#applyWork.push(message);
      else this.#out.send(message);
    }
    if (!asynchronous) this.raw.advance();
  }

  appendThread(): void {
    const message = this.#appendWork.shift();
    if (message === undefined) return;
    const { term, vote, commit, snapshot, entries } = message;
    this.#store({ term, vote, commit }, snapshot, entries);
    this.#respond(message);
  }

  applyThread(): void {
    const message = this.#applyWork.shift();
    if (message === undefined) return;
    this.#apply(message.entries);
    this.#respond(message);
  }

  #respond({ responses }: Message): void {
    for (const response of responses) {
      if (response.to === this.id) this.#stepOwn(response);
      else this.#out.send(response);
    }
  }

  #stepOwn(response: Message): void {
    try {
      this.raw.step(response);
    } catch (error) {
      // Meanwhile it was removed, so that its own vote or acknowledgement counts no longer.
      if (!(error instanceof StepPeerNotFoundError)) throw error;
    }
  }

  #store(
    hardState: HardState | undefined,
    snapshot: Snapshot | undefined,
    entries: readonly Entry[],
  ) {
    if (hardState !== undefined && !isEmptyHardState(hardState)) {
      // The own snapshot may know more of what is committed.
      const commit = Math.max(hardState.commit, this.storage.initialState().hardState.commit);
      this.storage.setHardState({ ...hardState, commit });
    }
    if (snapshot !== undefined && !isEmptySnap(snapshot)) {
      this.storage.applySnapshot(snapshot);
      this.#install(snapshot);
      this.restored++;
    }
    this.storage.append(entries);
  }

  #apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.index !== this.#applied + 1) {
        throw new Violation(`${this.id} applies ${entry.index} after ${this.#applied}`);
      }
      this.#history.mustBeCommitted(entry);
      // First the change, then the rest: raft may ask for a snapshot while it takes the change in,
      // and that must be of the state before.
      if (entry.type !== EntryType.EntryNormal) {
        const v1 = entry.type === EntryType.EntryConfChange;
        const change = v1 ? decodeConfChange(entry.data) : decodeConfChangeV2(entry.data);
        this.#confState = this.raw.applyConfChange(change);
      }
      this.#applied = entry.index;
      this.#hash = chain(this.#hash, entry);
    }
  }

  #logged(snapshot: Snapshot | undefined, entries: readonly Entry[]): void {
    if (snapshot !== undefined && !isEmptySnap(snapshot)) {
      this.#log = [];
      this.#first = snapshot.metadata.index + 1;
      this.#firstPrevTerm = snapshot.metadata.term;
    }
    const [next] = entries;
    if (next === undefined) return;
    const keep = next.index - this.#first;
    if (keep < 0 || keep > this.#log.length) {
      const last = this.#first + this.#log.length - 1;
      throw new Violation(`${this.id} stores ${next.index} after ${this.#first}..${last}`);
    }
    this.#log.length = keep;
    for (const entry of entries) {
      if (entry.index <= this.#commit) this.#history.mustBeCommitted(entry);
      this.#history.logs(entry, this.#log.at(-1)?.term ?? this.#firstPrevTerm);
      this.#log.push(entry);
    }
  }

  /** Holds the member's state against the history: to be called after all that may change it. */
  observe(): void {
    const { hardState, softState } = this.raw.basicStatus();
    const { term, commit } = hardState;
    if (commit < this.#commit) throw new Violation(`${this.id} commits ${commit} again`);
    this.#commit = commit;
    for (let index = this.#history.lastCommitted + 1; index <= commit; index++) {
      const entry = this.#log[index - this.#first];
      if (entry === undefined) throw new Violation(`${this.id} commits ${index} unseen`);
      this.#history.commits(entry, term);
    }
    if (softState.raftState !== "StateLeader") return;
    this.#history.leads(this.id, term);
    if (this.#completeInTerm === term) return;
    // With its own first entry among what it has handed out, all before it is there as well.
    if (this.#log.at(-1)?.term !== term) return;
    this.#completeInTerm = term;
    const at = (index: number): Entry | undefined => this.#log[index - this.#first];
    this.#history.isComplete(this.id, term, this.#first, at);
  }
}
