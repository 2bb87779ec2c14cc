import type { World } from "../world/world.ts";
import { Caller, type Reach } from "./caller.ts";
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
  return {
    front: (place, name) => new Caller(world, place, name, members, reach),
    watch: (place, member, receiver) => new WatchStreamClient(world, place, member, receiver),
  };
}
