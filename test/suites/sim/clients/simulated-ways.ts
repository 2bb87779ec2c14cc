import type { World } from "../world/world.ts";
import { Caller, type Known, type Reach } from "./caller.ts";
import type { Ways } from "./surroundings.ts";
import { WatchStreamClient } from "./watch-stream.ts";

/** From clients to members by the simulated network. */
export function simulatedWays(world: World, members: () => readonly number[]): Ways {
  const reach: Reach = (from, id, ask, settled) => {
    const object = world.object(id);
    const handle = async (member: Parameters<typeof ask>[0]) => {
      const by = object.live?.name ?? "";
      return { answer: await ask(member), by };
    };
    world.network.request(from, object, handle, settled);
  };
  const places = new Map<string, Known>();
  const knownAt = (place: string): Known => {
    const known = places.get(place) ?? { leader: 0 };
    places.set(place, known);
    return known;
  };
  return {
    front: (place, name) => new Caller(world, place, name, members, reach, knownAt(place)),
    watch: (place, member, receiver) => new WatchStreamClient(world, place, member, receiver),
  };
}
