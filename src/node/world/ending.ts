/** Why a member must end, noted in a turn and handled at its end. */
export class Ending {
  #reason = "";
  #removed = false;

  /** Why this member cannot go on; "" while it can. */
  get reason(): string {
    return this.#reason;
  }

  /** Whether the cluster has removed this member. */
  get removed(): boolean {
    return this.#removed;
  }

  /** Ends this member because of its storage. */
  damaged(why: string): void {
    this.#reason = why;
  }

  remove(): void {
    this.#removed = true;
  }
}
