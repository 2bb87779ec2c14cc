import { Front, misconfigured } from "./api/front.ts";
import { platform } from "./cloudflare/clock.ts";
import { configuration } from "./cloudflare/configuration.ts";
import { deployment, type FrontVariables } from "./cloudflare/deployment.ts";
import { type MemberBindings, RaftMember } from "./cloudflare/durable-object.ts";
import { objectName, type Topology } from "./rpc/topology.ts";

export { RaftMember };

/** wrangler.toml's variables and the deployment's secrets. */
type Bindings = MemberBindings & FrontVariables;

let front: { readonly bindings: Bindings; readonly handler: Front } | undefined;

function frontOf(bindings: Bindings): Front {
  if (front?.bindings !== bindings) front = { bindings, handler: newFront(bindings) };
  return front.handler;
}

/** Throws where a variable cannot be used. */
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

/** A fresh stub: one that has failed once stays broken. */
function memberStub({ MEMBER }: Bindings, topology: Topology, cluster: string, id: number) {
  const hint = topology.find((member) => member.id === id)?.locationHint;
  const options = hint ? { locationHint: hint as DurableObjectLocationHint } : {};
  return MEMBER.get(MEMBER.idFromName(objectName(cluster, id)), options);
}

export default {
  async fetch(request, bindings, context): Promise<Response> {
    let handler: Front;
    try {
      handler = frontOf(bindings);
    } catch (error) {
      return misconfigured(error);
    }
    const waitUntil = (work: Promise<unknown>) => context.waitUntil(work);
    return handler.handle(request, waitUntil, (reason) => context.abort(reason));
  },
} satisfies ExportedHandler<Bindings>;
