import { CompactionRequest } from "../../../src/proto/generated/etcd.ts";
import type { Prng } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { Caller } from "./caller.ts";
import { encodeRequest } from "./codec.ts";

const timeoutUs = 5_000_000;

/** A client that compacts the store now and then, to some way below its revision. */
export class Compactor {
  readonly #world: World;
  readonly #random: Prng;
  readonly #caller: Caller;
  readonly #everyUs: number;
  #stopped = false;
  compactions = 0;

  constructor(world: World, place: string, members: () => readonly number[], everyUs: number) {
    this.#world = world;
    this.#everyUs = everyUs;
    this.#random = world.random.fork(`compactor/${place}`);
    this.#caller = new Caller(world, place, members);
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
    const revision = this.#caller.revision - behind;
    const id = { id: this.#random.bytes(16), seenIndex: this.#caller.seenIndex };
    const compaction = CompactionRequest.create({ revision: Math.max(1, revision) });
    this.#caller.propose(encodeRequest(id, { compaction }), timeoutUs, (outcome) => {
      if (outcome.kind === "ok") this.compactions += 1;
      this.#pause();
    });
  }
}
