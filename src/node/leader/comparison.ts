import { ownRequest } from "../../kv/apply/proposal.ts";
import type { FingerprintMark } from "../../kv/fingerprint/fingerprint-marks.ts";
import { AlarmAction, AlarmRequest, AlarmType } from "../../proto/generated/etcd.ts";
import type { Core } from "../core.ts";
import type { RaftNode } from "../raft-node/raft-node.ts";
import type { LeaderDuty } from "./duty.ts";

/**
 * The leader's duty of comparing the members' fingerprints at one applied index (etcd:
 * server/etcdserver/corrupt.go). If a member differs from a majority, CORRUPT is raised for it and
 * it is told to end; without a majority CORRUPT is raised for member 0.
 */
export class Comparison implements LeaderDuty {
  readonly #core: Core;
  readonly #raft: RaftNode;
  readonly #everyTicks: number;
  #waitTicks: number;
  /** The applied index at the last comparison: without new entries there is none. */
  #comparedIndex = 0;
  #busy = false;

  constructor(core: Core, raft: RaftNode) {
    const { compareEveryMs, tickMs } = core.options.tuning;
    this.#core = core;
    this.#raft = raft;
    this.#everyTicks = Math.ceil(compareEveryMs / tickMs);
    this.#waitTicks = this.#everyTicks;
  }

  tick(): void {
    this.#waitTicks -= 1;
    if (this.#waitTicks > 0) return;
    this.#waitTicks = this.#everyTicks;
    const { appliedIndex } = this.#core.machine;
    if (!this.#raft.role.open || this.#busy || appliedIndex === this.#comparedIndex) return;
    this.#comparedIndex = appliedIndex;
    this.#busy = true;
    this.#core.calls.callAll(this.#core.roster.others, "fingerprint", (answers) => {
      this.#busy = false;
      // A member that does not answer, or is too old to know the question, is left out.
      const found = [...answers].map(([id, { fingerprints }]) => [id, fingerprints ?? []] as const);
      if (this.#raft.role.open) this.#compare(new Map(found));
    });
  }

  #compare(peers: ReadonlyMap<number, readonly FingerprintMark[]>): void {
    const { machine, options, environment } = this.#core;
    const { memberId } = options;
    const mine = machine.status.fingerprints;
    for (const [peer, theirs] of peers) {
      const index = firstDifference(mine, theirs);
      if (index === undefined) continue;
      const at = (marks: readonly FingerprintMark[]) =>
        marks.find((mark) => mark.index === index)?.fingerprint;
      const sums = new Map([
        [memberId, at(mine)],
        ...[...peers].map(([id, m]) => [id, at(m)] as const),
      ]);
      const wrong = minority(sums, this.#core.roster.others.length + 1);
      environment.log.error(
        `members ${memberId} and ${peer} differ at index ${index}: ${wrong} are wrong`,
      );
      for (const id of wrong) if (!this.#isRaised(id)) this.#raise(id);
      for (const id of wrong) this.#tell(id, index);
      return;
    }
  }

  #raise(member: number): void {
    const memberID = BigInt(member);
    const alarm = { action: AlarmAction.ACTIVATE, memberID, alarm: AlarmType.CORRUPT };
    this.#raft.proposeOwn(ownRequest({ alarm: AlarmRequest.create(alarm) }));
  }

  /** Ends a member that is wrong. For member 0 there is only the alarm. */
  #tell(member: number, index: number): void {
    const { options, calls, ending } = this.#core;
    if (member === 0) return;
    const reason = `the state differs from that of a majority at index ${index}`;
    if (member === options.memberId) ending.damaged(reason);
    else calls.tell(member, "corrupt", { reason });
  }

  /** Whether CORRUPT is raised for this member; 0 stands for all. */
  #isRaised(member: number): boolean {
    return this.#core.machine.alarms
      .list()
      .some(({ memberID, alarm }) => alarm === AlarmType.CORRUPT && memberID === BigInt(member));
  }
}

/** The first index at which both fingerprints are known and differ. */
function firstDifference(
  mine: readonly FingerprintMark[],
  theirs: readonly FingerprintMark[],
): number | undefined {
  const known = new Map(mine.map(({ index, fingerprint }) => [index, fingerprint]));
  return theirs.find(({ index, fingerprint }) => (known.get(index) ?? fingerprint) !== fingerprint)
    ?.index;
}

/** The members that differ from a majority of all; 0 alone where there is no majority. */
function minority(
  sums: ReadonlyMap<number, string | undefined>,
  members: number,
): readonly number[] {
  const known = [...sums].filter(([, sum]) => sum !== undefined);
  const quorum = Math.floor(members / 2) + 1;
  const right = known.find(([, sum]) => known.filter(([, s]) => s === sum).length >= quorum);
  return right === undefined ? [0] : known.filter(([, s]) => s !== right[1]).map(([id]) => id);
}
