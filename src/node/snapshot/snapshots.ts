import type { StateMachine } from "../../kv/state-machine.ts";
import { AlarmType } from "../../proto/generated/etcd.ts";
import {
  type ConfState,
  type Message,
  MessageType,
  newMessage,
  type Snapshot,
} from "../../proto/raftpb.ts";
import {
  type RawNode,
  type Ready,
  SnapshotStatus,
  SnapshotTemporarilyUnavailableError,
} from "../../raft/index.ts";
import type { MemberStorage } from "../../storage/member-storage.ts";
import type { CallBody, CallResponse, ChunkRequest } from "../peers/frame-codec.ts";
import type { MemberEnvironment } from "../world/environment.ts";
import type { Tuning } from "../world/tuning.ts";
import { Backups } from "./backups.ts";
import { Checkpoint } from "./checkpoints.ts";
import { SnapshotReceiver } from "./receiver.ts";
import { compactRevisionOf, RetainedSnapshots } from "./retained.ts";
import { Scrub } from "./scrub.ts";
import { SnapshotSender } from "./sender.ts";

export type SnapshotMethod = "snapshot" | "snapshotChunk" | "snapshotStatus";

export interface SnapshotsParts {
  readonly environment: MemberEnvironment;
  readonly memberId: number;
  readonly tuning: Tuning;
  readonly storage: MemberStorage;
  readonly machine: StateMachine;
  readonly node: RawNode;
  /** Whether the whole base was checked as the member started. */
  readonly audited: boolean;
  call(peer: number, method: SnapshotMethod, body: CallBody): Promise<CallResponse>;
  turn(input: () => void): void;
  /** Steps MsgSnap and does what is ready. True where the Ready carried it and it was installed. */
  step(message: Message): boolean;
  /** Runs `Snapshots.step` in a turn of its own. */
  later(): void;
}

/** How often the bounds of the log are looked at. */
const ticksBetweenLooks = 10;

/** Everything about snapshots of one member: its own, those it sends and those it takes. */
export class Snapshots {
  readonly checkpoint: Checkpoint;
  readonly sender: SnapshotSender;
  readonly receiver: SnapshotReceiver;
  readonly retained: RetainedSnapshots;
  readonly backups: Backups;
  readonly scrub: Scrub;
  readonly #parts: SnapshotsParts;
  /** Snapshots that were installed by this instance. */
  installed = 0;
  #logBytes: number;
  #ticks = 0;
  /** No row that is read at this revision or a later one may go. */
  #oldestKept = -1;
  /** Rows that nobody needs, or generations that were replaced, may be there. */
  #untidy = true;

  constructor(parts: SnapshotsParts) {
    const { machine, storage, tuning, environment } = parts;
    this.#parts = parts;
    this.#logBytes = storage.status.wal.bytes;
    this.retained = new RetainedSnapshots(storage, (message) => environment.log.warn(message));
    this.checkpoint = new Checkpoint({
      tuning,
      machine,
      log: this.#snapshotLog(),
      heldIndex: () => this.sender.heldIndex,
      later: () => parts.later(),
      taken: () => this.#taken(),
    });
    this.backups = new Backups({
      tuning,
      appliedIndex: () => machine.appliedIndex,
      newest: () => storage.raft.newest,
      find: (position) => this.retained.find(position),
      retainedAt: (index) => {
        const position = this.retained.list.find((each) => each.index === index);
        return position && this.retained.find(position);
      },
      ask: () => {
        this.checkpoint.ask();
        // Nothing need happen before the end of the next turn that applies something.
        if (this.checkpoint.due) this.checkpoint.step();
      },
      exportChunk: (manifest, cursor) => machine.exportChunk(manifest, cursor, tuning.chunkBytes),
    });
    const scrubbed = {
      tuning,
      newest: () => this.retained.find(storage.raft.newest),
      audit: (manifest: Uint8Array) => machine.audit(manifest),
    };
    this.scrub = new Scrub(scrubbed, parts.audited);
    this.sender = new SnapshotSender({
      tuning,
      deliver: (message) => this.#deliver(message),
      report: (peer, succeeded) => this.#report(peer, succeeded),
      retained: (position) => this.retained.find(position),
      exportChunk: (manifest, cursor, maxBytes) =>
        machine.exportChunk(manifest, cursor, maxBytes).bytes,
      compactRevisionOf,
      logBytes: () => this.#logBytes,
      turn: (input) => parts.turn(input),
    });
    this.receiver = new SnapshotReceiver({
      tuning,
      timers: environment.timers,
      staging: machine,
      fetchChunk: (source, request) => this.#fetchChunk(source, request),
      superfluous: (snapshot) => this.#superfluous(snapshot),
      step: (message) => parts.step(message),
      tellSource: (source, succeeded) => this.#tellSource(source, succeeded),
      turn: (input) => parts.turn(input),
      warn: (message) => environment.log.warn(message),
    });
    storage.raft.supplySnapshots(() => this.#supply());
    this.#setRetainedCompaction();
  }

  tick(): void {
    this.#ticks += 1;
    this.sender.tick();
    this.backups.tick();
    this.scrub.tick();
    this.#parts.machine.holds.pass(this.#parts.tuning.tickMs);
    if (this.#ticks % ticksBetweenLooks !== 0) return;
    this.checkpoint.compactLog();
    this.#logBytes = this.#parts.storage.status.wal.bytes;
    this.#setRetainedCompaction();
    this.#makeRoom();
    if (this.#untidy) this.#parts.later();
  }

  /**
   * Where space is short, what was compacted does not wait for the snapshots that need its rows to
   * be superseded in their time: newer ones are taken as soon as something is applied.
   */
  #makeRoom(): void {
    const { machine } = this.#parts;
    if (!machine.alarms.has(AlarmType.NOSPACE) || this.checkpoint.running) return;
    if (this.retained.oldestCompaction < machine.compactRevision) this.checkpoint.ask();
  }

  /** The end of a turn that applied entries: freezes the state where a snapshot is due. */
  turnEnded(): void {
    if (this.checkpoint.due) this.checkpoint.step();
  }

  /** One bounded piece of what is to be done in turns of its own. */
  step(): void {
    const { machine, tuning } = this.#parts;
    if (this.checkpoint.running) {
      this.checkpoint.step();
      return;
    }
    if (!this.#untidy) return;
    const slice = { maxBytes: tuning.checkpointSliceBytes, maxRows: tuning.compactionSliceRows };
    this.#untidy = machine.releaseGeneration() || !machine.compactSlice(slice);
    // What stopped it here is looked at again when it is gone.
    this.#setRetainedCompaction();
    if (this.#untidy) this.#parts.later();
  }

  /** Compaction was asked for, or something that held rows is gone. */
  tidy(): void {
    this.#untidy = true;
    this.#setRetainedCompaction();
    this.#parts.later();
  }

  /**
   * Installs the snapshot that this Ready carries, all in this turn: storage and state machine go
   * from the old state to the new one together.
   */
  install(snapshot: Snapshot, ready: Ready): void {
    const { storage, machine, node } = this.#parts;
    const { index } = snapshot.metadata;
    if (index <= machine.appliedIndex) {
      throw new Error(`snapshot ${index} is not beyond applied index ${machine.appliedIndex}`);
    }
    const hardState = ready.hardState ?? node.basicStatus().hardState;
    storage.install(snapshot, hardState, ready.entries);
    machine.install(snapshot.data);
    this.checkpoint.forget();
    this.sender.reset();
    this.backups.reset();
    this.scrub.reset();
    this.installed += 1;
    this.#retainedChanged();
  }

  /**
   * A restart has lost the MsgSnap of what is staged: its source is told at once, and sends it
   * again, instead of waiting for someone who does not know what to ask for. A backup that was
   * being restored comes anew, and what came of it goes.
   */
  resume(): void {
    const { machine, memberId } = this.#parts;
    const staged = machine.stagingKey;
    if (staged === undefined) return;
    if (staged.source === memberId) machine.dropStaging();
    else this.#tellSource(staged.source, false);
  }

  close(): void {
    this.receiver.forget();
    this.sender.reset();
    this.backups.reset();
  }

  #snapshotLog() {
    const { storage } = this.#parts;
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
    this.#parts.storage.release(this.sender.heldIndex);
    this.#logBytes = this.#parts.storage.status.wal.bytes;
    this.#retainedChanged();
    this.backups.taken();
    this.tidy();
  }

  /**
   * The snapshot for a follower that needs one. A member takes none whose configuration it is not
   * in, so where a member has come since the newest was taken, another is taken first.
   */
  #supply(): Snapshot {
    const { storage, machine } = this.#parts;
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
    const { machine } = this.#parts;
    machine.oldestRetainedCompaction = oldest;
    const kept = Math.min(oldest, machine.holds.oldest);
    if (kept > this.#oldestKept) this.#untidy = true;
    this.#oldestKept = kept;
  }

  /** Raft would install nothing: its log has the snapshot's last entry, or is beyond it. */
  #superfluous({ metadata }: Snapshot): boolean {
    const { node, storage } = this.#parts;
    const { index, term } = metadata;
    if (index <= node.basicStatus().hardState.commit) return true;
    const { raft } = storage;
    if (index < raft.firstIndex() - 1 || index > raft.lastIndex()) return false;
    return raft.term(index) === term;
  }

  async #deliver(message: Message): Promise<string> {
    const { refused } = await this.#parts.call(message.to, "snapshot", { message });
    return refused;
  }

  async #fetchChunk(source: number, chunk: ChunkRequest): Promise<Uint8Array | undefined> {
    const response = await this.#parts.call(source, "snapshotChunk", { chunk });
    return response.chunk;
  }

  /** If it gets lost, the source notices that nobody asks it any more. */
  #tellSource(source: number, succeeded: boolean): void {
    const { memberId: from, environment } = this.#parts;
    const type = MessageType.MsgSnapStatus;
    const message = newMessage({ type, to: source, from, reject: !succeeded });
    this.#parts.call(source, "snapshotStatus", { message }).catch((error: unknown) => {
      environment.log.debug(`snapshot status to member ${source}: ${error}`);
    });
  }

  #report(peer: number, succeeded: boolean): void {
    const { SnapshotFinish, SnapshotFailure } = SnapshotStatus;
    this.#parts.node.reportSnapshot(peer, succeeded ? SnapshotFinish : SnapshotFailure);
    this.#setRetainedCompaction();
  }
}

function idsOf({ voters, votersOutgoing, learners, learnersNext }: ConfState): number[] {
  return [...voters, ...votersOutgoing, ...learners, ...learnersNext];
}
