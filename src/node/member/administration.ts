import { GrpcCode } from "../../etcd/grpc-code.ts";
import type {
  Answer,
  BackupAnswer,
  BackupRequest,
  ForceNewAnswer,
  ForceNewRequest,
  Header,
  MemberAnswer,
  MemberChange,
  MemberRecord,
  RestoreAnswer,
  RestoreRequest,
} from "../../rpc/messages.ts";
import type { Renewed } from "../birth/force-new.ts";
import { type Administrator, type Outcome, type Reason, refused } from "../client/answers.ts";
import type { Running } from "./running.ts";

export interface AdministrationParts {
  header(): Header;
  members(): readonly MemberRecord[];
  /** Runs it as soon as this member serves, for the holder of that token. */
  serve(
    token: string,
    failed: (reason: Reason) => void,
    run: (running: Running, deadlineTick: number) => void,
  ): void;
  /** Makes this member a cluster of its own, in this turn. */
  renew(running: Running): Renewed;
}

/** The deployment's own token, which the Worker has checked, needs nobody's permission. */
type Trust = string | { readonly deployment: true };

const alive = refused({
  code: GrpcCode.FailedPrecondition,
  text: "etcdserver: this member's cluster has a leader, and can change its members by itself",
});

/** What only root may ask a member for, while etcd's auth is on. */
export class Administration {
  readonly #parts: AdministrationParts;

  constructor(parts: AdministrationParts) {
    this.#parts = parts;
  }

  changeMember(change: MemberChange, token: string): Promise<MemberAnswer> {
    const { header, members } = this.#parts;
    return this.#run<MemberAnswer>(token, (running, { deadlineTick, answer, failed }) => {
      const done = (added: MemberRecord | undefined) =>
        answer({ kind: "ok", header: header(), members: members(), added });
      running.changeMember(change, deadlineTick, done, failed);
    });
  }

  moveLeader(target: number, token: string): Promise<Answer> {
    const { header } = this.#parts;
    return this.#run<Answer>(token, (running, { answer, failed }) => {
      running.moveLeader(target, (reason) => {
        if (reason !== undefined) failed(reason);
        else answer({ kind: "ok", header: header(), response: new Uint8Array() });
      });
    });
  }

  backup(request: BackupRequest): Promise<BackupAnswer> {
    const { header } = this.#parts;
    // Whoever was let begin one may read it to its end.
    const trust = request.index > 0 ? { deployment: true as const } : trustOf(request);
    return this.#run<BackupAnswer>(trust, (running, { answer, failed }) =>
      running.backup(request, (part) => answer({ ...part, header: header() }), failed),
    );
  }

  restore(request: RestoreRequest): Promise<RestoreAnswer> {
    const { header } = this.#parts;
    return this.#run(request.token, ({ restore }, { answer, ...client }) =>
      restore.ask(request, {
        ...client,
        done: (id) => answer({ kind: "ok", header: header(), id }),
      }),
    );
  }

  forceNew(request: ForceNewRequest): Promise<ForceNewAnswer> {
    const { header, renew } = this.#parts;
    return this.#run<ForceNewAnswer>(trustOf(request), (running, { answer, failed }) => {
      // A voter hears of a leader for as long as there is one with a majority.
      if (running.raft.lead !== 0) failed(alive);
      else {
        const { former, removed } = renew(running);
        answer({ kind: "ok", header: header(), former, removed });
      }
    });
  }

  #run<A>(
    trust: Trust,
    run: (running: Running, client: Administrator<A>) => void,
  ): Promise<A | Outcome> {
    return new Promise((resolve) => {
      const failed = (reason: Reason) => resolve(reason(this.#parts.header()));
      const token = typeof trust === "string" ? trust : "";
      this.#parts.serve(token, failed, (running, deadlineTick) => {
        const fault = typeof trust === "string" ? running.clients.adminFault(trust) : undefined;
        if (fault !== undefined) failed(fault);
        else run(running, { deadlineTick, answer: resolve, failed });
      });
    });
  }
}

function trustOf({ token, deployment }: { token: string; deployment?: boolean }): Trust {
  return deployment === true ? { deployment } : token;
}
