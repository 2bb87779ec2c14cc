import { parseObjectName } from "../../../../src/rpc/topology.ts";
import type { RaftMember } from "../../../../src/worker.ts";

/**
 * The namespace with other ways to its members, who are known by their names: what `wayTo` makes is
 * used like a stub. `stub` is the platform's own.
 */
export function rerouted<T extends RaftMember>(
  namespace: DurableObjectNamespace<T>,
  wayTo: (member: number, stub: () => DurableObjectStub<T>) => object,
): DurableObjectNamespace<T> {
  const names = new Map<string, number>();
  const ways = {
    idFromName(name: string) {
      const id = namespace.idFromName(name);
      names.set(id.toString(), parseObjectName(name)?.id ?? 0);
      return id;
    },
    get(id: DurableObjectId, options?: DurableObjectNamespaceGetDurableObjectOptions) {
      return wayTo(names.get(id.toString()) ?? 0, () => namespace.get(id, options));
    },
  };
  return ways as unknown as DurableObjectNamespace<T>;
}
