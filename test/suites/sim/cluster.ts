import { RangeRequest } from "../../../src/proto/generated/etcd.ts";
import { Query } from "../../../src/proto/generated/kv.ts";
import type { MemberObject } from "./world/object.ts";
import type { Prng } from "./world/random.ts";
import type { World } from "./world/world.ts";

/** The members of one run, as faults and clients see them. */
export class SimulatedCluster {
  readonly world: World;
  readonly clientPlaces: readonly string[];
  /** Ids of the configured members. Whoever changes the configuration keeps it up to date. */
  memberIds: readonly number[];
  /** Those of them that vote, as far as the operator knows. */
  voterIds: readonly number[];
  /** A change of the configuration is being asked for. */
  changing = false;
  /** Members whose storage a fault has destroyed. */
  readonly harmed = new Set<number>();
  onWiped: (id: number) => void = () => undefined;
  /** Told of every installation of a leader's snapshot that is durable. */
  readonly onInstalled = new Set<(id: number) => void>();
  /** Who leads, where that is known; 0 while nobody has. */
  leaderId: () => number = () => 0;

  constructor(world: World, memberIds: readonly number[], clientPlaces: readonly string[]) {
    this.world = world;
    this.memberIds = memberIds;
    this.voterIds = memberIds;
    this.clientPlaces = clientPlaces;
  }

  /** Whether a member may be lost for good: three vote, none is lost, and nothing changes now. */
  get mayLoseOne(): boolean {
    const lost = this.memberIds.some((id) => this.harmed.has(id));
    return this.voterIds.length >= 3 && !lost && !this.changing;
  }

  get objects(): MemberObject[] {
    return this.memberIds.map((id) => this.world.object(id));
  }

  get places(): string[] {
    return this.objects.map(({ place }) => place);
  }

  objectAt(place: string): MemberObject {
    const object = this.objects.find((candidate) => candidate.place === place);
    if (object === undefined) throw new RangeError(`no member at ${place}`);
    return object;
  }

  /** The place of a member to harm: often the leader. */
  victim(random: Prng): string {
    const leader = this.leaderId();
    if (random.chance(0.4) && this.memberIds.includes(leader)) {
      return this.world.object(leader).place;
    }
    return random.pick(this.places);
  }

  /** A request reaches the object, which starts where it does not run. */
  poke(object: MemberObject): void {
    const range = RangeRequest.create({ key: new Uint8Array([0]) });
    const query = Query.encode(Query.create({ format: 1, range }));
    const ask = { query, consistency: "serializable", token: "", timeoutMs: 1_000 } as const;
    this.world.network.request(
      "poke",
      object,
      (member) => member.query(ask),
      () => undefined,
    );
  }
}
