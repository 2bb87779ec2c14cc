import { Front, misconfigured } from "../api/front.ts";
import { objectName, type Topology } from "../rpc/topology.ts";
import { platform } from "./clock.ts";
import { configuration } from "./configuration.ts";
import { deployment, type FrontVariables } from "./deployment.ts";
import type { MemberBindings } from "./durable-object.ts";

/** The bindings of a Worker that serves clusters: variables, secrets and members. */
export type Bindings = MemberBindings & FrontVariables;

/**
 * One front for each bindings object: it remembers clusters and counts what is open in this
 * isolate.
 */
const fronts = new WeakMap<Bindings, Front>();

/**
 * Answers a client's request; never rejects. While a variable is invalid, every answer names it.
 * @param bindings the same object for each request, as the platform gives it: what is open is
 * counted by it.
 */
export async function handle(
  request: Request,
  bindings: Bindings,
  context: ExecutionContext,
): Promise<Response> {
  let front: Front;
  try {
    front = frontOf(bindings);
  } catch (error) {
    return misconfigured(error);
  }
  const waitUntil = (work: Promise<unknown>) => context.waitUntil(work);
  return front.handle(request, waitUntil, (reason) => context.abort(reason));
}

function frontOf(bindings: Bindings): Front {
  const known = fronts.get(bindings);
  if (known !== undefined) return known;
  const front = newFront(bindings);
  fronts.set(bindings, front);
  return front;
}

/** Throws for an invalid variable. */
function newFront(bindings: Bindings): Front {
  const { topology } = configuration(bindings);
  return new Front(
    { ...deployment(bindings), initialMembers: topology.map(({ id }) => id) },
    {
      member: (cluster, id) => memberStub(bindings, topology, cluster, id),
      ...platform,
      upgrade: (headers) => {
        const { 0: webSocket, 1: socket } = new WebSocketPair();
        socket.accept();
        return { socket, response: new Response(null, { status: 101, webSocket, headers }) };
      },
    },
  );
}

/** A fresh stub: one that has failed stays broken. */
function memberStub({ MEMBER }: Bindings, topology: Topology, cluster: string, id: number) {
  const hint = topology.find((member) => member.id === id)?.locationHint;
  const options = hint ? { locationHint: hint as DurableObjectLocationHint } : {};
  return MEMBER.get(MEMBER.idFromName(objectName(cluster, id)), options);
}
