import {
  type ConfState,
  type Entry,
  type HardState,
  type Message,
  MessageType,
  newConfState,
  newEntry,
  newMessage,
  newSnapshot,
} from "../../../../src/proto/raftpb.ts";
import { confChangesFromText } from "../../../../src/raft/confchange/v2.ts";
import { type Config, resolveConfig } from "../../../../src/raft/config.ts";
import { applyConfChange } from "../../../../src/raft/consensus/membership.ts";
import type { Raft } from "../../../../src/raft/consensus/raft.ts";
import {
  becomeCandidate,
  becomeFollower,
  becomeLeader,
  becomePreCandidate,
} from "../../../../src/raft/consensus/roles.ts";
import { newRaft } from "../../../../src/raft/consensus/start.ts";
import { step } from "../../../../src/raft/consensus/step.ts";
import { tick } from "../../../../src/raft/consensus/tick.ts";
import { noLimit } from "../../../../src/raft/log/size.ts";
import { MemoryStorage } from "../../../../src/raft/memorystorage.ts";
import type { Progress } from "../../../../src/raft/tracker/progress.ts";
import { seeded } from "./random.ts";

type Fields = Partial<Message> & Pick<Message, "type">;

export interface NodeOptions extends Partial<Omit<Config, "id" | "storage">> {
  readonly voters?: readonly number[];
  readonly learners?: readonly number[];
  readonly votersOutgoing?: readonly number[];
  /** Instead of a fresh one with the configuration above. */
  readonly storage?: MemoryStorage;
  /** Terms of the entries that its storage holds, from index 1 on. */
  readonly log?: readonly number[];
  /** What its storage holds of the HardState. */
  readonly saved?: Partial<HardState>;
}

/** Ticks of an election timeout, where a test does not say otherwise. */
export const electionTick = 10;

/** Storage that holds a configuration and nothing else. */
export function storageOf(confState: Partial<ConfState>): MemoryStorage {
  const storage = new MemoryStorage();
  storage.applySnapshot(newSnapshot({ confState: newConfState(confState) }));
  return storage;
}

/** Entries from index 1 on (or `first`), one for each term. */
export function entriesOf(terms: readonly number[], first = 1): Entry[] {
  return terms.map((term, i) => newEntry({ term, index: first + i }));
}

/** Terms of the entries of a log, which is what tests compare logs by. */
export function termsOf(entries: readonly Entry[]): number[] {
  return entries.map(({ term }) => term);
}

export const data = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One node's state machine without the host around it: a test sees and sets all its state. */
export class TestNode {
  readonly raft: Raft;
  readonly storage: MemoryStorage;

  constructor(id: number, options: NodeOptions = {}) {
    const { voters = [id], learners = [], votersOutgoing = [], ...others } = options;
    const { storage, log = [], saved, ...config } = others;
    this.storage = storage ?? storageOf({ voters, learners, votersOutgoing });
    this.storage.append(entriesOf(log));
    if (saved !== undefined) {
      this.storage.setHardState({ term: 0, vote: 0, commit: 0, ...saved });
    }
    const resolved = resolveConfig({
      id,
      electionTick,
      heartbeatTick: 1,
      maxSizePerMsg: noLimit,
      maxInflightMsgs: 256,
      random: seeded(id),
      ...config,
      storage: this.storage,
    });
    this.raft = newRaft(resolved);
  }

  get id(): number {
    return this.raft.id;
  }

  step(fields: Fields): void {
    step(this.raft, newMessage({ to: this.id, ...fields }));
  }

  tick(count = 1): void {
    for (let i = 0; i < count; i++) tick(this.raft);
  }

  campaign(): void {
    this.step({ type: MessageType.MsgHup, from: this.id });
  }

  propose(...texts: string[]): void {
    const entries = texts.map((text) => newEntry({ data: data(text) }));
    this.step({ type: MessageType.MsgProp, from: this.id, entries });
  }

  asFollower(term: number, lead = 0): this {
    becomeFollower(this.raft, term, lead);
    return this;
  }

  asCandidate(): this {
    becomeCandidate(this.raft);
    return this;
  }

  asPreCandidate(): this {
    becomePreCandidate(this.raft);
    return this;
  }

  asLeader(): this {
    if (this.raft.state === "StateFollower") becomeCandidate(this.raft);
    becomeLeader(this.raft);
    return this;
  }

  progress(id: number): Progress {
    const pr = this.raft.tracker.get(id);
    if (pr === undefined) throw new Error(`no progress of ${id}`);
    return pr;
  }

  /** Lets through what the node tells itself, and takes what it sends to others. */
  messages(): Message[] {
    const { raft } = this;
    while (raft.msgsAfterAppend.length > 0) {
      const held = raft.msgsAfterAppend;
      raft.msgsAfterAppend = [];
      for (const message of held) {
        if (message.to === raft.id) step(raft, message);
        else raft.msgs.push(message);
      }
    }
    const taken = raft.msgs;
    raft.msgs = [];
    return taken;
  }

  /** Stores what is unstable, entries only. */
  persist(): void {
    const { log } = this.raft;
    this.storage.append(log.nextUnstableEnts());
    log.stableTo(log.lastIndex(), log.lastTerm());
  }

  /** Stores what is unstable, and applies and returns what is committed; messages stay queued. */
  apply(): readonly Entry[] {
    const { raft } = this;
    this.persist();
    raft.msgs = this.messages();
    const entries = raft.log.nextCommittedEnts(true);
    raft.log.appliedTo(raft.log.committed, 0);
    return entries;
  }

  /** Applies a configuration change as if it had been committed: `v1 l2 r3`. */
  change(text: string): void {
    const changes = confChangesFromText(text);
    applyConfChange(this.raft, { transition: 0, changes, context: new Uint8Array(0) });
  }

  /** All of the log as terms. */
  logTerms(): number[] {
    return termsOf(this.raft.log.allEntries());
  }
}
