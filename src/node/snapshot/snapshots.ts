import { AlarmType } from "../../proto/generated/etcd.ts";
import type { ConfState, Snapshot } from "../../proto/raftpb.ts";
import { type RawNode, type Ready, SnapshotTemporarilyUnavailableError } from "../../raft/index.ts";
import type { Core } from "../core.ts";
import type { Inbox } from "../raw-node/inbox.ts";
import type { NextTurn } from "../world/next-turn.ts";
import { Backups } from "./backups.ts";
import { Checkpointer } from "./checkpoints.ts";
import { SnapshotReceiver } from "./receiver.ts";
import { RetainedSnapshots } from "./retained.ts";
import { Scrub } from "./scrub.ts";
import { SnapshotSender } from "./sender.ts";

/** Ticks between checks of the log's bounds. */
const ticksBetweenLooks = 10;

/** All about one member's snapshots: its own, those it sends and those it receives. */
export class Snapshots {
  readonly checkpoint: Checkpointer;
  readonly sender: SnapshotSender;
  readonly receiver: SnapshotReceiver;
  readonly retained: RetainedSnapshots;
  readonly backups: Backups;
  readonly scrub: Scrub;
  readonly #core: Core;
  readonly #node: RawNode;
  readonly #nextTurn: NextTurn;
  #logBytes: number;
  #ticks = 0;
  /** The lowest revision that is still read: newer rows must stay. */
  #oldestKept = -1;
  /** Whether there may be rows that nothing needs, or replaced generations. */
  #mayHaveGarbage = true;

  /** @param nextTurn runs `step`. */
  constructor(core: Core, node: RawNode, inbox: Inbox, nextTurn: NextTurn) {
    const { machine, storage, environment, options } = core;
    this.#core = core;
    this.#node = node;
    this.#nextTurn = nextTurn;
    this.#logBytes = storage.status.wal.bytes;
    this.retained = new RetainedSnapshots(storage, (message) => environment.log.warn(message));
    this.sender = new SnapshotSender(core, node, this.retained);
    this.receiver = new SnapshotReceiver(core, node, inbox);
    this.checkpoint = new Checkpointer({
      tuning: options.tuning,
      machine,
      log: this.#snapshotLog(),
      heldIndex: () => this.sender.heldIndex,
      later: () => nextTurn.ask(),
      taken: () => this.#taken(),
    });
    this.backups = new Backups(core, this.retained, this.checkpoint);
    this.scrub = new Scrub(core, this.retained);
    storage.raft.supplySnapshots(() => this.#supply());
    this.#setRetainedCompaction();
  }

  /** Whether something is under way that time must pass for. */
  get busy(): boolean {
    const { sender, receiver, checkpoint, backups } = this;
    const transfers = sender.transfers > 0 || receiver.pulling !== undefined;
    const staged = this.#core.machine.transfers.stagingKey !== undefined;
    const reads = backups.heldCompaction !== Number.POSITIVE_INFINITY;
    return transfers || staged || reads || checkpoint.running || this.#mayHaveGarbage;
  }

  tick(): void {
    this.#ticks += 1;
    this.sender.tick();
    this.backups.tick();
    this.scrub.tick();
    this.#core.machine.holds.pass(this.#core.options.tuning.tickMs);
    if (this.#ticks % ticksBetweenLooks !== 0) return;
    this.checkpoint.compactLog();
    this.#logBytes = this.#core.storage.status.wal.bytes;
    this.#setRetainedCompaction();
    this.#makeRoom();
    if (this.#mayHaveGarbage) this.#nextTurn.ask();
  }

  /**
   * When space is short, compacted rows do not wait until the snapshots that need them are
   * superseded: new ones are taken as soon as something is applied.
   */
  #makeRoom(): void {
    const { machine } = this.#core;
    if (!machine.alarms.has(AlarmType.NOSPACE) || this.checkpoint.running) return;
    if (this.retained.oldestCompaction < machine.compactRevision) this.checkpoint.ask();
  }

  /** Called after entries were applied: freezes the state if a snapshot is due. */
  turnEnded(): void {
    if (this.checkpoint.due) this.checkpoint.step();
  }

  /** Does one bounded piece of the work that has turns of its own. */
  step(): void {
    const { machine, options } = this.#core;
    const { checkpointSliceBytes: maxBytes, compactionSliceRows: maxRows } = options.tuning;
    if (this.checkpoint.running) {
      this.checkpoint.step();
      return;
    }
    if (!this.#mayHaveGarbage) return;
    this.#mayHaveGarbage =
      machine.checkpoints.releaseGeneration() ||
      !machine.checkpoints.compactSlice({ maxBytes, maxRows });
    // Looks again at what held rows back, once that is gone.
    this.#setRetainedCompaction();
    if (this.#mayHaveGarbage) this.#nextTurn.ask();
  }

  /** Called when compaction was asked for, or rows are no longer held. */
  scheduleCleanup(): void {
    this.#mayHaveGarbage = true;
    this.#setRetainedCompaction();
    this.#nextTurn.ask();
  }

  /** Installs a Ready's snapshot in this turn: storage and state machine are replaced together. */
  install(snapshot: Snapshot, ready: Ready): void {
    const { storage, machine } = this.#core;
    const { index } = snapshot.metadata;
    if (index <= machine.appliedIndex) {
      throw new Error(`snapshot ${index} is not beyond applied index ${machine.appliedIndex}`);
    }
    const hardState = ready.hardState ?? this.#node.basicStatus().hardState;
    storage.install(snapshot, hardState, ready.entries);
    machine.install(snapshot.data);
    this.checkpoint.forget();
    this.sender.reset();
    this.backups.reset();
    this.scrub.reset();
    this.#retainedChanged();
  }

  /**
   * Tells the source of staged rows at once that a restart lost their MsgSnap, so that it is sent
   * again: this member does not know what to ask for. Drops the rows of an interrupted restore,
   * whose client must begin anew.
   */
  resume(): void {
    const { machine, options } = this.#core;
    const staged = machine.transfers.stagingKey;
    if (staged === undefined) return;
    if (staged.source === options.memberId) machine.transfers.dropStaging();
    else this.receiver.tellSource(staged.source, false);
  }

  close(): void {
    this.receiver.forget();
    this.sender.reset();
    this.backups.reset();
  }

  #snapshotLog() {
    const { storage } = this.#core;
    const logBytes = () => this.#logBytes;
    return {
      get snapshotIndex() {
        return storage.raft.newest.index;
      },
      get olderIndex() {
        return storage.status.snapshots.at(-1)?.index ?? 0;
      },
      get firstIndex() {
        return storage.raft.firstIndex();
      },
      get logBytes() {
        return logBytes();
      },
      saveSnapshot: (snapshot: Snapshot) => storage.saveSnapshot(snapshot),
      compact: (index: number) => storage.compact(index),
    };
  }

  /** Deletes what only older snapshots needed. */
  #taken(): void {
    this.#core.storage.release(this.sender.heldIndex);
    this.#logBytes = this.#core.storage.status.wal.bytes;
    this.#retainedChanged();
    this.backups.taken();
    this.scheduleCleanup();
  }

  /**
   * The snapshot for a follower. A member refuses one whose configuration it is not in, so if a
   * member was added after the newest snapshot, another is taken first.
   */
  #supply(): Snapshot {
    const { storage, machine } = this.#core;
    const members = idsOf(machine.confState);
    const isFor = ({ confState }: Snapshot["metadata"]) => {
      const known = new Set(idsOf(confState));
      return members.every((id) => known.has(id));
    };
    const { preferred } = this.sender;
    if (preferred !== undefined && isFor(preferred.metadata)) return preferred;
    const newest = isFor(storage.raft.newest) ? this.retained.find(storage.raft.newest) : undefined;
    if (newest !== undefined) return newest;
    this.checkpoint.ask();
    throw new SnapshotTemporarilyUnavailableError();
  }

  #retainedChanged(): void {
    this.retained.refresh();
    this.#setRetainedCompaction();
  }

  #setRetainedCompaction(): void {
    const { sender, backups, scrub } = this;
    const held = Math.min(sender.heldCompaction, backups.heldCompaction, scrub.heldCompaction);
    const oldest = Math.min(this.retained.oldestCompaction, held);
    const { machine } = this.#core;
    machine.checkpoints.oldestRetainedCompaction = oldest;
    const kept = Math.min(oldest, machine.holds.oldest);
    if (kept > this.#oldestKept) this.#mayHaveGarbage = true;
    this.#oldestKept = kept;
  }
}

function idsOf({ voters, votersOutgoing, learners, learnersNext }: ConfState): number[] {
  return [...voters, ...votersOutgoing, ...learners, ...learnersNext];
}
