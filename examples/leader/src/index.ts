/** One of several objects in several regions does what is due; when it dies, another does. */

import { DurableObject } from "cloudflare:workers";
import { base64, call, type KvBindings, KvError, kvFetch, textOf } from "../../kv.ts";
import { pause, withLease } from "../../lease.ts";

interface Bindings extends KvBindings {
  readonly CANDIDATE: DurableObjectNamespace<Candidate>;
}

/** What a campaign answers: the key that stands for the leader, and goes with its lease. */
type Elected = { readonly leader: { readonly key: string; readonly rev: string } };

/** What `election/leader` answers, and `election/observe` for every new leader. */
interface Observed {
  readonly kv: { readonly value: string; readonly create_revision: string };
}

const election = { name: base64("election/cleaner") };
/** A leader that died is replaced after this time. */
const leaseSeconds = 5;
const workEveryMs = 1_000;
/** An object that was evicted or moved begins again so soon. */
const wakeEveryMs = 10_000;
const againMs = 1_000;

/** A candidate is called by the region that it is to live in. */
const candidatePath = /^\/candidates\/(wnam|enam|sam|weur|eeur|apac|oc|afr|me)\/(start|stop)$/;

/** Stands for election until it is told to stop, and does the work while it leads. */
export class Candidate extends DurableObject<KvBindings> {
  #stop: AbortController | undefined;

  get #name(): string {
    return this.ctx.storage.kv.get<string>("name") ?? "";
  }

  async start(name: string): Promise<void> {
    this.ctx.storage.kv.put("name", name);
    await this.ctx.storage.setAlarm(Date.now());
  }

  async stop(): Promise<void> {
    await this.ctx.storage.deleteAlarm();
    this.#stop?.abort();
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + wakeEveryMs);
    if (this.#stop !== undefined) return;
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    // The alarm is only to begin; it must not wait for the end.
    void this.#stand(signal).finally(() => {
      this.#stop = undefined;
    });
  }

  async #stand(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      try {
        await withLease(this.env, leaseSeconds, async (lease, lost) => {
          await this.#serve(lease, AbortSignal.any([lost, stop]));
        });
      } catch (error) {
        // Whether a campaign that failed is in the race is not known, but it ends with its lease,
        // and the next one has another.
        if (!stop.aborted) console.warn(`${this.#name} stands again: ${error}`);
      }
      await pause(againMs, stop);
    }
  }

  /** Waits to be elected, and leads until the signal says that it is over. */
  async #serve(lease: string, over: AbortSignal): Promise<void> {
    const wish = { ...election, lease, value: base64(this.#name) };
    const { leader } = await call<Elected>(this.env, "election/campaign", wish, over);
    while (!over.aborted && (await this.#work(leader))) await pause(workEveryMs, over);
    // So that the next one need not wait for the lease's end.
    await call(this.env, "election/resign", { leader });
  }

  /**
   * What is due, here a note of when and by whom. False where somebody else leads by now: the store
   * compares, since a leader that was held up does not know. Throws where the outcome is unknown,
   * which ends the term: the note may have been made, and whoever leads next makes another.
   */
  async #work({ key, rev }: Elected["leader"]): Promise<boolean> {
    const note = `${new Date().toISOString()} ${this.#name}`;
    const txn = {
      compare: [{ key, target: "CREATE", create_revision: rev }],
      success: [{ request_put: { key: base64("cleaner/last"), value: base64(note) } }],
    };
    const { succeeded } = await call<{ succeeded?: boolean }>(this.env, "kv/txn", txn);
    return succeeded === true;
  }
}

const told = ({ kv }: Observed) => ({ leader: textOf(kv.value), since: kv.create_revision });

async function leader(bindings: Bindings): Promise<Response> {
  try {
    return Response.json(told(await call<Observed>(bindings, "election/leader", election)));
  } catch (error) {
    const none = error instanceof KvError && /no leader/.test(error.message);
    return Response.json({ error: String(error) }, { status: none ? 404 : 503 });
  }
}

/** A line for whoever leads now, and for each who leads after. */
async function leaders(bindings: Bindings): Promise<Response> {
  const init = { method: "POST", body: JSON.stringify(election) };
  const { ok, status, body } = await kvFetch(bindings, "/v3/election/observe", init);
  if (!ok || body === null) return Response.json({ error: `store: ${status}` }, { status: 503 });
  let text = "";
  const lines = new TransformStream<string, string>({
    transform(part, output) {
      const parts = (text + part).split("\n");
      text = parts.pop() ?? "";
      for (const line of parts) {
        const { result } = JSON.parse(line) as { readonly result?: Observed };
        // The last line of a stream that failed has none: who reads asks again.
        if (result === undefined) return output.terminate();
        output.enqueue(`${JSON.stringify(told(result))}\n`);
      }
    },
  });
  const decoded = body.pipeThrough(new TextDecoderStream()).pipeThrough(lines);
  const headers = { "content-type": "application/x-ndjson", "content-encoding": "identity" };
  return new Response(decoded.pipeThrough(new TextEncoderStream()), { headers });
}

export default {
  async fetch(request, bindings): Promise<Response> {
    const path = new URL(request.url).pathname;
    if (path === "/leader") return leader(bindings);
    if (path === "/leaders") return leaders(bindings);
    const [, name = "", what] = candidatePath.exec(path) ?? [];
    if (what === undefined || request.method !== "POST") {
      const usage = "GET /leader, GET /leaders, POST /candidates/<region>/start, or /stop\n";
      return new Response(usage, { status: 404 });
    }
    // The first request of an object decides where it lives.
    const options = { locationHint: name as DurableObjectLocationHint };
    const candidate = bindings.CANDIDATE.getByName(name, options);
    await (what === "start" ? candidate.start(name) : candidate.stop());
    return new Response(null, { status: 204 });
  },
} satisfies ExportedHandler<Bindings>;
