import { ownRequest } from "../../kv/requests/proposal.ts";
import { ClusterVersionSetRequest } from "../../proto/generated/kv.ts";
import type { CallResponse } from "../frame-codec.ts";

/**
 * The newest way of applying entries that this code knows. During a deploy or a rollback old and
 * new code run side by side, and both must apply an entry alike: so a new way is used from the
 * entry on that raises the replicated cluster version, which happens when every member has said
 * that it knows it.
 */
export const supportedVersion = 1;

export interface ClusterVersionParts {
  /** What this member's code knows. */
  readonly supported: number;
  /** What the applied state says; "" where nothing was set. */
  current(): string;
  /** Whether this node leads and takes proposals. */
  open(): boolean;
  /** Ids of all members but this one. */
  others(): readonly number[];
  /** Asks a member who it is. */
  ask(member: number): Promise<CallResponse>;
  propose(data: Uint8Array): void;
  turn(input: () => void): void;
  log(message: string): void;
}

const ticksBetweenAttempts = 50;

/** The leader's part in raising the cluster version. */
export class ClusterVersion {
  readonly #parts: ClusterVersionParts;
  #ticks = 0;
  #asking = false;

  constructor(parts: ClusterVersionParts) {
    this.#parts = parts;
  }

  tick(): void {
    this.#ticks += 1;
    if (this.#ticks % ticksBetweenAttempts !== 0 || this.#asking) return;
    if (!this.#parts.open() || Number(this.#parts.current()) >= this.#parts.supported) return;
    this.#asking = true;
    this.#askAll().then(
      (lowest) => this.#parts.turn(() => this.#raise(lowest)),
      // Who cannot be reached may run older code: it is asked again.
      (error: unknown) => {
        this.#asking = false;
        this.#parts.log(`cluster version: ${error}`);
      },
    );
  }

  async #askAll(): Promise<number> {
    const answers = await Promise.all(this.#parts.others().map((id) => this.#parts.ask(id)));
    return Math.min(this.#parts.supported, ...answers.map(({ join }) => join?.version ?? 0));
  }

  #raise(version: number): void {
    this.#asking = false;
    if (!this.#parts.open() || version <= Number(this.#parts.current())) return;
    const clusterVersionSet = ClusterVersionSetRequest.create({ version: String(version) });
    this.#parts.propose(ownRequest({ clusterVersionSet }));
  }
}
