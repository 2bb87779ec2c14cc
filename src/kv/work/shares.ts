/**
 * A resource shared by all clients. A client may have as much as is still free: at most half of it,
 * and however many clients take what they can get, some is left for the next (Choudhury and Hahne,
 * Dynamic Queue Length Thresholds, 1998). Clients that cannot be told
 * apart, "", may together have all that is free.
 */
export class Shares {
  readonly #limit: number;
  readonly #taken = new Map<string, number>();
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  get free(): number {
    return this.#limit - this.#used;
  }

  /** What the client has. */
  of(client: string): number {
    return this.#taken.get(client) ?? 0;
  }

  /** Takes the amount; returns false, having taken nothing, where the client may not have it. */
  take(client: string, amount: number): boolean {
    if (amount === 0) return true;
    const own = this.of(client) + amount;
    const left = this.free - amount;
    if (left < 0 || (client !== "" && own > left)) return false;
    this.#taken.set(client, own);
    this.#used += amount;
    return true;
  }

  /** Throws where the client has less than `amount`. */
  release(client: string, amount: number): void {
    if (amount === 0) return;
    const left = this.of(client) - amount;
    if (left < 0) throw new Error(`"${client}" gives back ${amount}, and has ${this.of(client)}`);
    if (left === 0) this.#taken.delete(client);
    else this.#taken.set(client, left);
    this.#used -= amount;
  }
}
