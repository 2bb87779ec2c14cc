import { ownRequest } from "../../kv/apply/proposal.ts";
import type { FingerprintMark } from "../../kv/state/fingerprint-marks.ts";
import { AlarmAction, AlarmRequest, AlarmType } from "../../proto/generated/etcd.ts";
import type { CallBody, CallResponse } from "../peers/frame-codec.ts";

export interface ComparisonParts {
  readonly memberId: number;
  readonly everyTicks: number;
  leads(): boolean;
  appliedIndex(): number;
  /** Those of this member. */
  own(): readonly FingerprintMark[];
  /** All members but this one. */
  others(): readonly number[];
  /** Whether CORRUPT is raised for this member; 0 for all of them. */
  isRaised(member: number): boolean;
  call(peer: number, method: "fingerprint" | "corrupt", body: CallBody): Promise<CallResponse>;
  propose(data: Uint8Array): void;
  turn(input: () => void): void;
  /** This member's state is not the others'. */
  differs(why: string): void;
  log(message: string): void;
}

/**
 * The leader compares what the members hold: the fingerprints of their states at one applied index
 * (etcd: server/etcdserver/corrupt.go). For whoever differs from a majority the alarm
 * CORRUPT is raised, and it is told to end; without a majority the alarm is member 0's.
 */
export class Comparison {
  readonly #parts: ComparisonParts;
  #waitTicks: number;
  /** Applied when the members were compared last: where nothing is new, there is nothing to ask. */
  #comparedIndex = 0;
  #busy = false;

  constructor(parts: ComparisonParts) {
    this.#parts = parts;
    this.#waitTicks = parts.everyTicks;
  }

  tick(): void {
    this.#waitTicks -= 1;
    if (this.#waitTicks > 0) return;
    this.#waitTicks = this.#parts.everyTicks;
    const { leads, appliedIndex } = this.#parts;
    if (!leads() || this.#busy || appliedIndex() === this.#comparedIndex) return;
    this.#comparedIndex = appliedIndex();
    this.#busy = true;
    void this.#ask().finally(() => {
      this.#busy = false;
    });
  }

  async #ask(): Promise<void> {
    const { others, call, turn } = this.#parts;
    const answers = await Promise.allSettled(
      others().map(async (peer) => {
        const { fingerprints } = await call(peer, "fingerprint", {});
        return [peer, fingerprints ?? []] as const;
      }),
    );
    // Who does not answer, or is of a version that does not know the question, is not compared.
    const found = answers.flatMap((answer) => {
      return answer.status === "fulfilled" ? [answer.value] : [];
    });
    turn(() => {
      if (this.#parts.leads()) this.#compare(new Map(found));
    });
  }

  #compare(peers: ReadonlyMap<number, readonly FingerprintMark[]>): void {
    const { own, others, memberId, isRaised } = this.#parts;
    const mine = own();
    for (const [peer, theirs] of peers) {
      const index = firstDifference(mine, theirs);
      if (index === undefined) continue;
      const at = (marks: readonly FingerprintMark[]) =>
        marks.find((mark) => mark.index === index)?.fingerprint;
      const sums = new Map([
        [memberId, at(mine)],
        ...[...peers].map(([id, m]) => [id, at(m)] as const),
      ]);
      const wrong = minority(sums, others().length + 1);
      this.#parts.log(
        `members ${memberId} and ${peer} differ at index ${index}: ${wrong} are wrong`,
      );
      for (const id of wrong) if (!isRaised(id)) this.#raise(id);
      for (const id of wrong) this.#tell(id, index);
      return;
    }
  }

  #raise(member: number): void {
    const memberID = BigInt(member);
    const alarm = { action: AlarmAction.ACTIVATE, memberID, alarm: AlarmType.CORRUPT };
    this.#parts.propose(ownRequest({ alarm: AlarmRequest.create(alarm) }));
  }

  /** Who is wrong ends; where nobody knows who, the alarm alone must do. */
  #tell(member: number, index: number): void {
    const { memberId, call, differs, log } = this.#parts;
    if (member === 0) return;
    const reason = `the state differs from that of a majority at index ${index}`;
    if (member === memberId) differs(reason);
    else {
      call(member, "corrupt", { reason }).catch((error: unknown) => {
        log(`member ${member} was not told that it differs: ${error}`);
      });
    }
  }
}

/** The first index at which both know their state, and it is not the same. */
function firstDifference(
  mine: readonly FingerprintMark[],
  theirs: readonly FingerprintMark[],
): number | undefined {
  const known = new Map(mine.map(({ index, fingerprint }) => [index, fingerprint]));
  return theirs.find(({ index, fingerprint }) => (known.get(index) ?? fingerprint) !== fingerprint)
    ?.index;
}

/** Who does not have what a majority of all members has; 0 where there is no majority. */
function minority(
  sums: ReadonlyMap<number, string | undefined>,
  members: number,
): readonly number[] {
  const known = [...sums].filter(([, sum]) => sum !== undefined);
  const quorum = Math.floor(members / 2) + 1;
  const right = known.find(([, sum]) => known.filter(([, s]) => s === sum).length >= quorum);
  return right === undefined ? [0] : known.filter(([, s]) => s !== right[1]).map(([id]) => id);
}
