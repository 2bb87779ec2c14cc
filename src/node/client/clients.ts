import { errors, KvError } from "../../kv/errors.ts";
import type { Applied, StateMachine } from "../../kv/state-machine.ts";
import { DecodeError } from "../../proto/errors.ts";
import { Response } from "../../proto/generated/kv.ts";
import type { Outcome } from "../apply.ts";
import type { RaftNode } from "../raft-node.ts";
import {
  type Answer,
  GrpcCode,
  type Header,
  type ProposeRequest,
  type QueryRequest,
} from "../rpc.ts";
import { type Reason, redirect, refused, requestTooLarge } from "./answers.ts";

export interface ClientsParts {
  readonly machine: StateMachine;
  readonly raft: RaftNode;
  header(): Header;
  /** Milliseconds of this member's own clock, for what a lease has left. */
  now(): number;
  log(message: string): void;
}

/** etcd's limit of a request is 1.5 MiB; what is around the values comes on top. */
const maxRequestBytes = 1_572_864 + 64 * 1_024;

/** What clients ask for by way of their Worker: proposals and reads. */
export class Clients {
  readonly #parts: ClientsParts;

  constructor(parts: ClientsParts) {
    this.#parts = parts;
  }

  propose(
    { request }: ProposeRequest,
    deadlineTick: number,
    answer: (answer: Answer) => void,
  ): void {
    const { raft } = this.#parts;
    if (request.length > maxRequestBytes) {
      answer(requestTooLarge(this.#parts.header()));
      return;
    }
    raft.proposals.add({
      data: request,
      deadlineTick,
      applied: (outcome) => answer(this.#outcome(outcome)),
      failed: (reason) => answer(reason(this.#parts.header())),
    });
  }

  query(
    { query, consistency }: QueryRequest,
    deadlineTick: number,
    answer: (answer: Answer) => void,
  ): void {
    const { raft, header } = this.#parts;
    if (consistency === "serializable") {
      answer(this.#read(query));
      return;
    }
    if (consistency === "leader" && !raft.leads) {
      answer(redirect(header()));
      return;
    }
    raft.reads.add({
      deadlineTick,
      ready: () => {
        // Leases live in the leader's clock: it must be the leader still.
        if (consistency === "leader" && !raft.leads) answer(redirect(header()));
        else answer(this.#read(query));
      },
      failed: (reason: Reason) => answer(reason(header())),
    });
  }

  #read(query: Uint8Array): Answer {
    const { machine, now, header } = this.#parts;
    try {
      return { kind: "ok", header: header(), response: machine.query(query, now()) };
    } catch (error) {
      return this.#readFailed(error);
    }
  }

  #outcome(outcome: Outcome): Answer {
    const header = this.#parts.header();
    if (outcome.kind !== "applied") {
      throw new Error(`a proposal of a client ended as ${outcome.kind}`);
    }
    return answerOf(outcome.applied, header);
  }

  /**
   * A read changes nothing, so whatever goes wrong in one is its client's alone: a member that
   * aborted for it could be brought down by asking.
   */
  #readFailed(error: unknown): Answer {
    const header = this.#parts.header();
    if (error instanceof KvError) return refused(error.kind)(header);
    if (error instanceof DecodeError) return refused(errors.badRequest)(header);
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.#parts.log(`a read failed: ${message}`);
    return refused({ code: GrpcCode.Internal, text: `etcdserver: ${message}` })(header);
  }
}

/** What the state machine said of an entry, to its client. */
function answerOf({ response, error, revision }: Applied, member: Header): Answer {
  const header = { ...member, revision };
  if (error !== undefined) {
    const { code, text: message } = error.kind;
    const unknown = error.kind === errors.unknownOutcome;
    return { kind: unknown ? "unknown" : "error", header, code, message };
  }
  if (response === undefined) throw new Error("an applied entry has neither response nor error");
  return { kind: "ok", header, response: Response.encode(response) };
}
