import { CompactionRequest } from "../../../../src/proto/generated/etcd.ts";
import type { Prng } from "../world/random.ts";
import { encodeRequest } from "./codec.ts";
import type { Front } from "./front.ts";
import type { Surroundings } from "./surroundings.ts";

const timeoutUs = 5_000_000;

/** A client that compacts the store now and then, to some way below its revision. */
export class Compactor {
  readonly #world: Surroundings;
  readonly #random: Prng;
  readonly #front: Front;
  readonly #everyUs: number;
  #stopped = false;
  compactions = 0;

  constructor(world: Surroundings, place: string, front: Front, everyUs: number) {
    this.#world = world;
    this.#everyUs = everyUs;
    this.#random = world.random.fork(`compactor/${place}`);
    this.#front = front;
    this.#pause();
  }

  stop(): void {
    this.#stopped = true;
  }

  #pause(): void {
    this.#world.scheduler.after(this.#random.exponential(this.#everyUs), () => {
      if (!this.#stopped) this.#compact();
    });
  }

  #compact(): void {
    const behind = this.#random.chance(0.5) ? this.#random.below(5) : this.#random.below(400);
    const revision = this.#front.revision - behind;
    const id = { id: this.#random.bytes(16), seenIndex: this.#front.seenIndex };
    const compaction = CompactionRequest.create({ revision: Math.max(1, revision) });
    this.#front.propose(encodeRequest(id, { compaction }), timeoutUs, (outcome) => {
      if (outcome.kind === "ok") this.compactions += 1;
      this.#pause();
    });
  }
}
