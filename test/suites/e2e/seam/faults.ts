/** Which side of a snapshot transfer is reset while rows are on their way. */
export type TransferSide = "source" | "receiver";

/** What can be wrong with one member. Nothing is at the start, and after a new start of workerd. */
export interface Faults {
  /** Does not run: it is reset, and every new instance of it fails at once. */
  stopped: boolean;
  /** No frame and no call passes between it and its peers, and nobody is told. */
  cutOff: boolean;
  /** So many transfers that it has a part in are reset, each a few chunks after the last one. */
  interruptions: number;
  interruptedSide: TransferSide;
}

/** A request for rows of a snapshot, as it passed. */
export interface ChunkPassed {
  readonly from: number;
  readonly to: number;
  /** Index and term of the snapshot. */
  readonly snapshot: string;
  /** Hex; that of the first request is not known to the seam. */
  readonly cursor: string;
  readonly interrupted: boolean;
}

/** All that the seam says of itself. */
export interface SeamReport {
  readonly chunks: readonly ChunkPassed[];
  /** When each member's alarm is set for, in ms since the epoch; null where none is set. */
  readonly alarms: Readonly<Record<number, number | null>>;
  /** Instances of each member that were made and ran. */
  readonly instances: Readonly<Record<number, number>>;
  /** Attempts to make an instance of a member that is kept stopped. */
  readonly refusedStarts: Readonly<Record<number, number>>;
}

/** What a test asks of the seam: the faults of a member change, and then it is reset if asked. */
export interface SeamRequest extends Partial<Faults> {
  readonly members: readonly number[];
  /** Its alarm is deleted first. */
  readonly dropAlarm?: boolean;
  /** ctx.abort(): memory and sockets are lost. */
  readonly reset?: boolean;
}

export const seamPath = "/fault-seam";
/** The member that is asked first, instead of the one that leads. */
export const memberHeader = "x-first-member";

const chunksBetweenInterruptions = 2;

/** The faults of all members: one isolate holds them all, and the Worker too. */
export class FaultTable {
  readonly #faults = new Map<number, Faults>();
  readonly #chunksSince = new Map<number, number>();
  readonly chunks: ChunkPassed[] = [];
  readonly instances: Record<number, number> = {};
  readonly refusedStarts: Record<number, number> = {};

  of(member: number): Faults {
    const found = this.#faults.get(member);
    if (found !== undefined) return found;
    const none: Faults = {
      stopped: false,
      cutOff: false,
      interruptions: 0,
      interruptedSide: "receiver",
    };
    this.#faults.set(member, none);
    return none;
  }

  /** Whether nothing passes between these two. */
  parted(a: number, b: number): boolean {
    return this.of(a).cutOff || this.of(b).cutOff;
  }

  /** A chunk passes: whether it gets lost, as `member`, on that side of it, is reset. */
  interrupts(member: number, side: TransferSide): boolean {
    const faults = this.of(member);
    if (faults.interruptedSide !== side || faults.interruptions === 0) return false;
    const since = (this.#chunksSince.get(member) ?? 0) + 1;
    this.#chunksSince.set(member, since % chunksBetweenInterruptions);
    if (since < chunksBetweenInterruptions) return false;
    faults.interruptions -= 1;
    return true;
  }
}
