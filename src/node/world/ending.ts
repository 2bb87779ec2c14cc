/** What a turn may meet that ends its member. The member looks at the end of the turn. */
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

  /** This member's storage is not what it was. */
  damaged(why: string): void {
    this.#reason = why;
  }

  remove(): void {
    this.#removed = true;
  }
}
