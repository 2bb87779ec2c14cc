import type { ConfChangeI, ConfState, Message } from "../proto/raftpb.ts";
import type { Config } from "./config.ts";
import { InvariantError } from "./errors.ts";
import type { Ready } from "./node/ready.ts";
import type { BasicStatus, Status } from "./node/status.ts";
import type { SnapshotStatus } from "./types.ts";

function notYet(): never {
  throw new InvariantError("not built yet");
}

/** One raft node. */
export class RawNode {
  readonly config: Config;
  constructor(config: Config) {
    this.config = config;
  }
  tick(): void {
    notYet();
  }
  campaign(): void {
    notYet();
  }
  propose(_data: Uint8Array): void {
    notYet();
  }
  proposeBatch(_data: readonly Uint8Array[]): void {
    notYet();
  }
  proposeConfChange(_change: ConfChangeI): void {
    notYet();
  }
  applyConfChange(_change: ConfChangeI): ConfState {
    notYet();
  }
  step(_message: Message): void {
    notYet();
  }
  readIndex(_context: Uint8Array): void {
    notYet();
  }
  transferLeadership(_transferee: number): void {
    notYet();
  }
  forgetLeader(): void {
    notYet();
  }
  reportUnreachable(_id: number): void {
    notYet();
  }
  reportSnapshot(_id: number, _status: SnapshotStatus): void {
    notYet();
  }
  hasReady(): boolean {
    notYet();
  }
  ready(): Ready {
    notYet();
  }
  advance(): void {
    notYet();
  }
  status(): Status {
    notYet();
  }
  basicStatus(): BasicStatus {
    notYet();
  }
  /** For tests and simulations: holds until the role next changes. */
  setRandomizedElectionTimeout(_ticks: number): void {
    notYet();
  }
}
