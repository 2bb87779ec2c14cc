import type { Message } from "../../../../../src/proto/raftpb.ts";
import type { Invariant, Sender } from "./facts.ts";

/**
 * Nobody ever speaks for a second cluster of the same name (docs/architecture.md, Birth and
 * membership).
 */
export class OneCluster implements Invariant {
  readonly name = "one cluster";
  #cluster = "";
  #by = "";

  sent(_message: Message, from: Sender, cluster: string): string | undefined {
    if (this.#cluster === "") {
      this.#cluster = cluster;
      this.#by = from.name;
    }
    if (cluster === this.#cluster) return undefined;
    return `${from.name} speaks for cluster ${cluster}, ${this.#by} for ${this.#cluster}`;
  }
}
