/**
 * The deployed Worker with a way in for tests: faults of single members, and calls to a member by
 * its id. Bundled for tests only; deployment.test.ts proves that nothing of it is deployed.
 */
import { DurableObject } from "cloudflare:workers";
import type { MemberBindings } from "../../../src/node/durable-object.ts";
import { objectName } from "../../../src/node/topology.ts";
import deployed, { RaftMember as Deployed } from "../../../src/worker.ts";

/** cut: no member reaches it, and it reaches none. stopped: nobody does, nor its alarm. */
export type FaultMode = "none" | "cut" | "stopped";

interface Bindings extends MemberBindings {
  readonly MEMBER: DurableObjectNamespace<Deployed>;
}

class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** A member that can be made to fail. The mode is stored, so that it outlives the instance. */
export class RaftMember extends DurableObject<Bindings> {
  readonly #member: Deployed | undefined;
  readonly #mode: FaultMode;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    this.#mode = readMode(ctx.storage.sql);
    if (this.#mode === "stopped") return;
    const MEMBER = this.#mode === "cut" ? nobody(env.MEMBER) : env.MEMBER;
    this.#member = new Deployed(ctx, { ...env, MEMBER });
  }

  /** Takes effect with a new instance: this one ends at once. */
  async fault(mode: FaultMode): Promise<void> {
    const { sql } = this.ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS test_fault (id INTEGER PRIMARY KEY, mode TEXT)");
    sql.exec("INSERT OR REPLACE INTO test_fault VALUES (1, ?)", mode);
    await this.ctx.storage.sync();
    setTimeout(() => this.ctx.abort(`fault: ${mode}`), 0);
  }

  /** What the platform does to an alarm whose handler failed six times; and memory is lost. */
  async dropAlarm(): Promise<void> {
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.sync();
    setTimeout(() => this.ctx.abort("alarm dropped"), 0);
  }

  async alarmAt(): Promise<number | null> {
    return this.ctx.storage.getAlarm();
  }

  override fetch(request: Request): Promise<Response> {
    return this.#forPeers().fetch(request);
  }

  peerCall(...args: Parameters<Deployed["peerCall"]>): Promise<Uint8Array> {
    return this.#forPeers().peerCall(...args);
  }

  override webSocketMessage(...args: Parameters<Deployed["webSocketMessage"]>): void {
    if (this.#mode === "none") this.#member?.webSocketMessage(...args);
  }

  override webSocketClose(...args: Parameters<Deployed["webSocketClose"]>): void {
    this.#member?.webSocketClose(...args);
  }

  override alarm(): void {
    this.#member?.alarm();
  }

  propose(request: Uint8Array): Promise<Uint8Array> {
    return this.#forClients().propose(request);
  }

  query(request: Uint8Array): Promise<Uint8Array> {
    return this.#forClients().query(request);
  }

  changeMember(
    ...args: Parameters<Deployed["changeMember"]>
  ): ReturnType<Deployed["changeMember"]> {
    return this.#forClients().changeMember(...args);
  }

  moveLeader(...args: Parameters<Deployed["moveLeader"]>): ReturnType<Deployed["moveLeader"]> {
    return this.#forClients().moveLeader(...args);
  }

  status(): ReturnType<Deployed["status"]> {
    return this.#forClients().status();
  }

  watch(token: string): ReturnType<Deployed["watch"]> {
    return this.#forClients().watch(token);
  }

  #forPeers(): Deployed {
    if (this.#mode === "cut") throw new Unreachable("this member is cut off");
    return this.#forClients();
  }

  #forClients(): Deployed {
    if (this.#member === undefined) throw new Unreachable("this member is stopped");
    return this.#member;
  }
}

function readMode(sql: SqlStorage): FaultMode {
  const exists = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'test_fault'").toArray();
  if (exists.length === 0) return "none";
  const { mode } = sql.exec<{ mode: string }>("SELECT mode FROM test_fault").one();
  return mode as FaultMode;
}

/** A namespace in which nobody answers. */
function nobody(namespace: DurableObjectNamespace<Deployed>): DurableObjectNamespace<Deployed> {
  const fail = () => Promise.reject(new Unreachable("cut off"));
  const stub = { fetch: fail, peerCall: fail };
  return {
    idFromName: (name: string) => namespace.idFromName(name),
    get: () => stub,
  } as unknown as DurableObjectNamespace<Deployed>;
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

/** POST /test/<method>?member=N&... of the member itself. */
async function test(url: URL, request: Request, bindings: Bindings): Promise<Response> {
  const namespace = bindings.MEMBER as unknown as DurableObjectNamespace<RaftMember>;
  const name = objectName("default", Number(url.searchParams.get("member")));
  const stub = namespace.get(namespace.idFromName(name));
  const body = new Uint8Array(await request.arrayBuffer());
  switch (url.pathname) {
    case "/test/fault":
      await stub.fault(url.searchParams.get("mode") as FaultMode);
      return new Response("done");
    case "/test/drop-alarm":
      await stub.dropAlarm();
      return new Response("done");
    case "/test/alarm":
      return Response.json(await stub.alarmAt());
    case "/test/query":
      return new Response((await stub.query(body)) as Uint8Array<ArrayBuffer>);
    case "/test/propose":
      return new Response((await stub.propose(body)) as Uint8Array<ArrayBuffer>);
    case "/test/status":
      return new Response(JSON.stringify(await stub.status(), plain));
    default:
      return new Response("no such test route", { status: 404 });
  }
}

export default {
  async fetch(request, bindings, context): Promise<Response> {
    const url = new URL(request.url);
    if (!url.pathname.startsWith("/test/")) return deployed.fetch(request, bindings, context);
    try {
      return await test(url, request, bindings);
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  },
} satisfies ExportedHandler<Bindings>;
