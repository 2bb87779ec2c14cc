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

/** How often the bounds of the log are looked at. */
const ticksBetweenLooks = 10;

/** Everything about snapshots of one member: its own, those it sends and those it takes. */
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
  /** No row that is read at this revision or a later one may go. */
  #oldestKept = -1;
  /** Rows that nothing needs, or generations that were replaced, may be there. */
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
   * Where space is short, what was compacted does not wait for the snapshots that need its rows to
   * be superseded in their time: newer ones are taken as soon as something is applied.
   */
  #makeRoom(): void {
    const { machine } = this.#core;
    if (!machine.alarms.has(AlarmType.NOSPACE) || this.checkpoint.running) return;
    if (this.retained.oldestCompaction < machine.compactRevision) this.checkpoint.ask();
  }

  /** The end of a turn that applied entries: freezes the state where a snapshot is due. */
  turnEnded(): void {
    if (this.checkpoint.due) this.checkpoint.step();
  }

  /** One bounded piece of what is to be done in turns of its own. */
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
    // What stopped it here is looked at again when it is gone.
    this.#setRetainedCompaction();
    if (this.#mayHaveGarbage) this.#nextTurn.ask();
  }

  /** Compaction was asked for, or something that held rows is gone. */
  scheduleCleanup(): void {
    this.#mayHaveGarbage = true;
    this.#setRetainedCompaction();
    this.#nextTurn.ask();
  }

  /**
   * Installs the snapshot that this Ready carries, all in this turn: storage and state machine go
   * from the old state to the new one together.
   */
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
   * A restart has lost the MsgSnap of what is staged: its source is told at once, and sends it
   * again, instead of waiting for a follower that does not know what to ask for. A backup that was
   * being restored comes anew, and what came of it goes.
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

  /** What only older snapshots needed may go. */
  #taken(): void {
    this.#core.storage.release(this.sender.heldIndex);
    this.#logBytes = this.#core.storage.status.wal.bytes;
    this.#retainedChanged();
    this.backups.taken();
    this.scheduleCleanup();
  }

  /**
   * The snapshot for a follower that needs one. A member takes none whose configuration it is not
   * in, so where a member has come since the newest was taken, another is taken first.
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
