import { StateMachine } from "../../kv/state-machine.ts";
import type { BaseAudit } from "../../kv/transfer/base-audit.ts";
import { TransferError } from "../../kv/transfer/errors.ts";
import { sameBytes } from "../../proto/bytes.ts";
import {
  ConfChangeTransition,
  ConfChangeType,
  type ConfState,
  newConfState,
  type Snapshot,
} from "../../proto/raftpb.ts";
import type { Id64 } from "../../rpc/id64.ts";
import type { MemberRecord } from "../../rpc/messages.ts";
import { defaultLimits, limitsOfLog, type StorageLimits } from "../../storage/limits.ts";
import { type Loaded, type LoadStep, loadMemberStorage } from "../../storage/load.ts";
import { MemberStorage } from "../../storage/member-storage.ts";
import type { Sql } from "../../storage/sql.ts";
import { describeWalMetadata, walMetadata } from "../birth/wal-metadata.ts";
import type { Halves } from "../core.ts";
import type { Identity } from "../peers/identity.ts";
import { addContext } from "../peers/roster.ts";
import { isDamage, stopReason } from "../world/damage.ts";
import type { MemberEnvironment, MemberLog } from "../world/environment.ts";
import type { MemberOptions } from "../world/options.ts";
import { isUnreadableState } from "./stop.ts";

/** Rows and entries of the base that are checked at the start; the rest is checked later. */
export const auditedAtStart = 20_000;
/** Rows and entries checked in one slice. */
const auditSlice = 2_000;

export type StartResult =
  | { readonly state: "empty" }
  | { readonly state: "damaged"; readonly reason: string }
  | ({
      readonly state: "loaded";
      /** Whether the whole base was checked against its snapshot. */
      readonly audited: boolean;
      /** Snapshots that turned out damaged. */
      readonly setAside: number;
    } & Halves);

interface Recovered {
  readonly halves: Halves;
  readonly audit: BaseAudit;
}

/** The order of a start. This file has the last three steps, and `replay` has turns of its own. */
export type StartStep = LoadStep | "recoverFromSnapshot" | "audit" | "replay";

/** Is told of the steps of a start. */
export interface StartListener {
  step(step: StartStep): void;
  /** A newer snapshot was damaged: which, and how. */
  setAside(broken: string): void;
}

/** Writes a start to the member's log. */
const startLog = (log: MemberLog): StartListener => ({
  step: (step) => log.debug(`start: ${step}`),
  setAside: (broken) => log.error(`snapshot set aside: ${broken}`),
});

/**
 * Loads a member at its start, a slice at a time. Damage is a result, not an exception, so that the
 * member can report it.
 */
export class Start {
  readonly #sql: Sql;
  readonly #expected: Uint8Array;
  readonly #listener: Partial<StartListener>;
  readonly #loading: ReturnType<typeof loadMemberStorage>;
  /** The loaded storage, and the check of its base. */
  #recovered: Recovered | undefined;
  #setAside = 0;

  constructor(
    sql: Sql,
    clusterId: Id64,
    memberId: number,
    listener: Partial<StartListener> = {},
    limits: StorageLimits = defaultLimits,
  ) {
    this.#sql = sql;
    this.#expected = walMetadata(clusterId, memberId);
    this.#listener = listener;
    this.#loading = loadMemberStorage(sql, { onStep: (step) => this.#onStep(step), limits });
  }

  /** That of a member, which is written to its log. */
  static of({ sql, log }: MemberEnvironment, options: MemberOptions, clusterId: Id64): Start {
    const limits = limitsOfLog(options.tuning.logBytes);
    return new Start(sql, clusterId, options.memberId, startLog(log), limits);
  }

  /** Does one slice. Undefined while there is more. */
  step(): StartResult | undefined {
    try {
      return this.#recovered === undefined ? this.#load() : this.#audit(this.#recovered);
    } catch (error) {
      if (!isDamage(error)) throw error;
      return { state: "damaged", reason: stopReason(error) };
    }
  }

  #load(): StartResult | undefined {
    const { done, value } = this.#loading.next();
    if (!done) return undefined;
    if (value.state === "empty") return { state: "empty" };
    this.#setAside = value.setAside.length;
    for (const { name, reason } of value.setAside) this.#listener.setAside?.(`${name}: ${reason}`);
    if (value.state === "damaged") {
      const { kind, where, reason } = value.damage;
      return { state: "damaged", reason: `${kind} in ${where}: ${reason}` };
    }
    return this.#recover(value);
  }

  #onStep(step: StartStep): void {
    this.#listener.step?.(step);
  }

  #recover({ storage, snapshot }: Loaded): StartResult | undefined {
    const { metadata } = storage;
    if (!sameBytes(metadata, this.#expected)) {
      return {
        state: "damaged",
        reason: `the WAL is another member's: ${describeWalMetadata(metadata)}`,
      };
    }
    const machine = new StateMachine(this.#sql);
    this.#onStep("recoverFromSnapshot");
    const halves = { storage, machine };
    const setAside = this.#setAside;
    if (snapshot === undefined) return { state: "loaded", audited: true, setAside, ...halves };
    try {
      machine.restore(snapshot.data);
      this.#recovered = { halves, audit: machine.transfers.audit(snapshot.data) };
    } catch (error) {
      if (!isUnreadableState(error) && !(error instanceof TransferError)) throw error;
      return { state: "damaged", reason: stopReason(error) };
    }
    this.#onStep("audit");
    return undefined;
  }

  #audit({ halves, audit }: Recovered): StartResult | undefined {
    const before = audit.looks;
    const setAside = this.#setAside;
    while (audit.looks < auditedAtStart) {
      if (audit.step()) return { state: "loaded", audited: true, setAside, ...halves };
      if (audit.looks - before >= auditSlice) return undefined;
    }
    return { state: "loaded", audited: false, setAside, ...halves };
  }
}

/**
 * Begins a new cluster with its first member, in this turn: writes a snapshot at index 1 whose
 * state has this member alone.
 */
export function bootstrap(
  sql: Sql,
  { clusterId, instance }: Identity,
  { memberId: id, topology, tuning }: MemberOptions,
): Halves {
  const founder: MemberRecord = {
    id,
    instanceId: instance,
    name: `member-${id}`,
    peerUrls: [],
    clientUrls: [],
    locationHint: topology.find((member) => member.id === id)?.locationHint ?? "",
    isLearner: false,
  };
  const machine = new StateMachine(sql);
  const confState: ConfState = newConfState({ voters: [founder.id] });
  const type = ConfChangeType.ConfChangeAddNode;
  const change = {
    transition: ConfChangeTransition.ConfChangeTransitionAuto,
    changes: [{ type, nodeId: founder.id }],
    context: addContext(founder),
  };
  machine.applyConfChange(1, 1, change, confState);
  const data = machine.checkpoints.freeze();
  const everything = { maxBytes: Number.MAX_SAFE_INTEGER, maxRows: Number.MAX_SAFE_INTEGER };
  if (!machine.checkpoints.writeSlice(everything))
    throw new Error("a new state has rows without end");
  machine.checkpoints.finish();
  const snapshot: Snapshot = { data, metadata: { index: 1, term: 1, confState } };
  const founding = { snapshot, hardState: { term: 1, vote: 0, commit: 1 } };
  const birth = { metadata: walMetadata(clusterId, founder.id), founding };
  const storage = MemberStorage.create(sql, birth, limitsOfLog(tuning.logBytes));
  return { storage, machine };
}

/** Begins a joining member with an empty log, which the leader fills. */
export function joinEmpty(
  sql: Sql,
  { clusterId }: Identity,
  { memberId, tuning }: MemberOptions,
): Halves {
  const birth = { metadata: walMetadata(clusterId, memberId) };
  const storage = MemberStorage.create(sql, birth, limitsOfLog(tuning.logBytes));
  return { storage, machine: new StateMachine(sql) };
}
