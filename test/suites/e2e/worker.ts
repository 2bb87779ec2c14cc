import { Front } from "../../../src/api/front.ts";
import { platform } from "../../../src/cloudflare/clock.ts";
import type { PeerMethod } from "../../../src/node/world/environment.ts";
import { objectName, parseObjectName } from "../../../src/rpc/topology.ts";
import worker, { RaftMember as Deployed } from "../../../src/worker.ts";
import {
  FaultTable,
  memberHeader,
  type SeamReport,
  type SeamRequest,
  seamPath,
} from "./seam/faults.ts";
import { chunkOf, faultyNamespace } from "./seam/peers.ts";

/**
 * The Worker that is deployed, with members that a test can stop, cut off from each other, and
 * interrupt. What breaks them is told to this Worker by HTTP, on a path that only this one has.
 */
type MemberBindings = ConstructorParameters<typeof Deployed>[1];

const table = new FaultTable();
const cluster = "default";

export class RaftMember extends Deployed {
  readonly #self: number;

  constructor(ctx: DurableObjectState, bindings: MemberBindings) {
    const self = memberOf(ctx, bindings);
    if (table.of(self).stopped) {
      table.refusedStarts[self] = (table.refusedStarts[self] ?? 0) + 1;
      throw new Error(`member ${self} is kept stopped by the fault seam`);
    }
    const reset = (why: string) => ctx.abort(why);
    super(ctx, { ...bindings, MEMBER: faultyNamespace(bindings.MEMBER, self, table, reset) });
    this.#self = self;
    table.instances[self] = (table.instances[self] ?? 0) + 1;
  }

  override async fetch(request: Request): Promise<Response> {
    if (table.of(this.#self).cutOff) throw new Error("cut off by the fault seam");
    return super.fetch(request);
  }

  override webSocketMessage(socket: WebSocket, message: ArrayBuffer | string): void {
    if (!table.of(this.#self).cutOff) super.webSocketMessage(socket, message);
  }

  override async peerCall(method: PeerMethod, body: Uint8Array): Promise<Uint8Array> {
    if (table.of(this.#self).cutOff) throw new Error("cut off by the fault seam");
    if (method === "snapshotChunk" && table.interrupts(this.#self, "source")) {
      table.chunks.push({ from: this.#self, to: 0, ...chunkOf(body), interrupted: true });
      this.ctx.abort("the fault seam interrupts a transfer");
    }
    return super.peerCall(method, body);
  }

  async break({ dropAlarm = false, reset = false }: SeamRequest): Promise<void> {
    if (dropAlarm) await this.ctx.storage.deleteAlarm();
    if (reset) this.ctx.abort("reset by the fault seam");
  }

  alarmAtMs(): Promise<number | null> {
    return this.ctx.storage.getAlarm();
  }
}

/** Which member this is: known before it is made, also where the platform does not say its name. */
function memberOf(ctx: DurableObjectState, { MEMBER }: MemberBindings): number {
  const named = parseObjectName(ctx.id.name ?? "")?.id;
  if (named !== undefined) return named;
  for (let id = 1; id <= 100; id++) {
    if (MEMBER.idFromName(objectName(cluster, id)).equals(ctx.id)) return id;
  }
  throw new Error("an object that is no member of the first hundred");
}

function stubOf({ MEMBER }: MemberBindings, id: number) {
  const namespace = MEMBER as unknown as DurableObjectNamespace<RaftMember>;
  return namespace.get(namespace.idFromName(objectName(cluster, id)));
}

async function breakMembers(bindings: MemberBindings, request: SeamRequest): Promise<void> {
  const { members, dropAlarm = false, reset = false, ...faults } = request;
  const resets = members.map(async (id) => {
    const stop = faults.stopped === true && !table.of(id).stopped;
    if (dropAlarm || reset || stop) {
      // Whoever is reset cannot answer, and whoever was not there is stopped already.
      const broken = stubOf(bindings, id).break({ members, dropAlarm, reset: reset || stop });
      if (stop) table.of(id).stopped = true;
      await broken.catch((error: unknown) => {
        if (!String(error).includes("the fault seam")) throw error;
      });
    }
    Object.assign(table.of(id), faults);
  });
  await Promise.all(resets);
}

async function report(bindings: MemberBindings, members: readonly number[]): Promise<SeamReport> {
  const { chunks, instances, refusedStarts } = table;
  const alarms: Record<number, number | null> = {};
  for (const id of members) alarms[id] = await stubOf(bindings, id).alarmAtMs();
  return { chunks, instances, refusedStarts, alarms };
}

/** A front that has just started, and asks this member first. */
function frontAt(bindings: MemberBindings, first: number): Front {
  return new Front(
    {
      development: true,
      token: "",
      hostSuffix: "",
      tokens: [],
      clusters: undefined,
      initialMembers: [first],
    },
    {
      member: (_, id) => stubOf(bindings, id),
      ...platform,
      upgrade: () => {
        throw new Error("no WebSocket by way of one member");
      },
    },
  );
}

export default {
  async fetch(request, bindings, context): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname === seamPath && request.method === "POST") {
      await breakMembers(bindings, await request.json<SeamRequest>());
      return Response.json({});
    }
    if (url.pathname === seamPath) {
      const members = (url.searchParams.get("members") ?? "").split(",").filter((id) => id !== "");
      return Response.json(await report(bindings, members.map(Number)));
    }
    const first = request.headers.get(memberHeader);
    if (first === null) return worker.fetch(request, bindings, context);
    return frontAt(bindings, Number(first)).handle(request, (work) => context.waitUntil(work));
  },
} satisfies ExportedHandler<Parameters<typeof worker.fetch>[1]>;
