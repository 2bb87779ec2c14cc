import type { StateMachine } from "../kv/state-machine.ts";
import type { Id64 } from "../rpc/id64.ts";
import type { MemberStorage } from "../storage/member-storage.ts";
import type { PeerCalls } from "./peers/calls.ts";
import type { MemberRoster } from "./peers/roster.ts";
import type { Transport } from "./peers/transport.ts";
import type { Ending } from "./world/ending.ts";
import type { MemberOptions } from "./world/options.ts";
import type { TickCount } from "./world/tick-count.ts";
import type { Ticker } from "./world/ticker.ts";
import type { TurnEnvironment } from "./world/turn-environment.ts";

/** A member's storage, and the state made from it. */
export interface Halves {
  readonly storage: MemberStorage;
  readonly machine: StateMachine;
}

/** What all parts of a running member share. */
export interface Core extends Halves {
  readonly environment: TurnEnvironment;
  readonly options: MemberOptions;
  readonly clusterId: Id64;
  readonly roster: MemberRoster;
  readonly transport: Transport;
  readonly calls: PeerCalls;
  readonly ticks: TickCount;
  readonly ending: Ending;
  readonly ticker: Ticker;
  /** Snapshots that turned out damaged; undefined where the storage is new, and was not read. */
  readonly setAside: number | undefined;
  /** Whether the whole base was checked at the member's start. */
  readonly audited: boolean;
}
