import { decodeMessage, encodeMessage } from "../../../../src/proto/codec.ts";
import type { Message } from "../../../../src/proto/raftpb.ts";
import type { Dice } from "./dice.ts";

/** More than this in flight is dropped, oldest first. */
const capacity = 200;

/** Messages on their way: lost, duplicated, reordered, and cut off by partitions. */
export class Network {
  #messages: Message[] = [];
  readonly #cut = new Set<number>();
  /** Whether messages are encoded and decoded on their way. */
  readonly #encoded: boolean;

  constructor(encoded: boolean) {
    this.#encoded = encoded;
  }

  get size(): number {
    return this.#messages.length;
  }

  send(message: Message): void {
    this.#messages.push(this.#encoded ? decodeMessage(encodeMessage(message)) : message);
    if (this.#messages.length > capacity) this.#messages.shift();
  }

  get partitioned(): boolean {
    return this.#cut.size > 0;
  }

  /** Members on different sides hear nothing of each other. */
  partition(side: readonly number[]): void {
    this.#cut.clear();
    for (const id of side) this.#cut.add(id);
  }

  heal(): void {
    this.#cut.clear();
  }

  passes({ from, to }: Message): boolean {
    return this.#cut.has(from) === this.#cut.has(to);
  }

  /** Any message in flight, mostly one of the oldest; it stays there too where it is duplicated. */
  take(dice: Dice, duplicate: boolean): Message | undefined {
    const reach = dice.percent(80) ? 4 : this.#messages.length;
    const at = dice.below(Math.min(reach, this.#messages.length));
    const message = this.#messages[at];
    if (!duplicate) this.#messages.splice(at, 1);
    return message;
  }

  /** Everything in flight. */
  takeAll(): Message[] {
    const all = this.#messages;
    this.#messages = [];
    return all;
  }
}
