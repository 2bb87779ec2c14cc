import type { Message } from "../../proto/raftpb.ts";
import type { JointConfig } from "../quorum/joint.ts";
import type { ReadOnlyOption } from "../types.ts";

/** A read waiting for a quorum to confirm the leader, with the commit index when it came. */
export interface ReadIndexRequest {
  readonly message: Message;
  readonly index: number;
}

const contextBytes = 8;

/**
 * The unconfirmed reads of a leader in one term. Reads are numbered as they come; a heartbeat's
 * context is the number of the newest one, and its acknowledgement confirms all up to there. So one
 * round confirms every read that came before it, and an old acknowledgement never confirms a newer
 * read. Source: etcd's read_only.go.
 */
export class ReadOnly {
  readonly option: ReadOnlyOption;
  /** The highest number that each member has acknowledged. */
  readonly #acks = new Map<number, number>();
  #unconfirmed: ReadIndexRequest[] = [];
  /** How many reads were confirmed: the number of the read before #unconfirmed[0]. */
  #confirmed = 0;

  constructor(option: ReadOnlyOption) {
    this.option = option;
  }

  /** How many reads are waiting. */
  get pending(): number {
    return this.#unconfirmed.length;
  }

  /** The number of the newest read. */
  get position(): number {
    return this.#confirmed + this.#unconfirmed.length;
  }

  addRequest(index: number, message: Message): void {
    this.#unconfirmed.push({ message, index });
  }

  /** Notes that a member, or the leader itself, acknowledged a heartbeat's context. */
  recvAck(from: number, context: Uint8Array | undefined): void {
    if (context === undefined || context.length === 0) return;
    const position = readPosition(context) ?? 0;
    this.#acks.set(from, Math.max(this.#acks.get(from) ?? 0, position));
  }

  /** Removes and returns the reads that a quorum of these voters has confirmed. */
  maybeAdvance(voters: JointConfig): readonly ReadIndexRequest[] {
    const acked = voters.committedIndex((id) => this.#acks.get(id));
    const count = Math.min(acked, this.position) - this.#confirmed;
    if (count <= 0) return [];
    const confirmed = this.#unconfirmed.slice(0, count);
    this.#unconfirmed = this.#unconfirmed.slice(count);
    this.#confirmed += count;
    return confirmed;
  }

  /** The context for a heartbeat now; undefined where no read waits. */
  heartbeatContext(): Uint8Array | undefined {
    return this.#unconfirmed.length === 0 ? undefined : positionContext(this.position);
  }
}

/** Eight bytes, little-endian. */
function positionContext(position: number): Uint8Array {
  const context = new Uint8Array(contextBytes);
  for (let i = 0, rest = position; rest > 0; i++) {
    context[i] = rest % 0x100;
    rest = Math.floor(rest / 0x100);
  }
  return context;
}

/** The number in a heartbeat's context; undefined for a context of another form. */
export function readPosition(context: Uint8Array): number | undefined {
  if (context.length !== contextBytes) return undefined;
  let position = 0;
  for (let i = contextBytes - 1; i >= 0; i--) position = position * 0x100 + (context[i] as number);
  return Number.isSafeInteger(position) ? position : undefined;
}
