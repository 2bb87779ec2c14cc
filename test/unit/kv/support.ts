import { formatPasswordRecord } from "../../../src/kv/auth/password-record.ts";
import { type Applied, StateMachine } from "../../../src/kv/state-machine.ts";
import { defaultLimits, type Limits } from "../../../src/kv/work/limits.ts";
import { RangeRequest, type RangeResponse } from "../../../src/proto/generated/etcd.ts";
import { Query, Request, Response } from "../../../src/proto/generated/kv.ts";
import { TurnDatabase } from "../../support/sqlite.ts";

export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
export const text = (value: Uint8Array): string => Buffer.from(value).toString("latin1");

/** A request id that is the same in every run. */
export function requestId(n: number): Uint8Array {
  const id = new Uint8Array(16);
  new DataView(id.buffer).setFloat64(8, n);
  return id;
}

/** A record of some password: no member could tell of which. */
export const passwordRecord = formatPasswordRecord({
  iterations: 1,
  salt: new Uint8Array(16),
  hash: new Uint8Array(32),
});

/** A state machine alone on a database, to which entries are applied one after the other. */
export class Machine {
  readonly database: TurnDatabase;
  state: StateMachine;
  readonly limits: Limits;
  #requests = 0;

  constructor(limits: Partial<Limits> = {}) {
    this.limits = { ...defaultLimits, ...limits };
    this.database = new TurnDatabase();
    this.state = new StateMachine(this.database.sql, this.limits);
  }

  /** Applies a client's request, with an id of its own. */
  apply(body: Partial<Request>): Applied {
    return this.applyData(this.encode(body));
  }

  encode(body: Partial<Request>): Uint8Array {
    const id = requestId(++this.#requests);
    const seenIndex = this.state.appliedIndex;
    return Request.encode(Request.create({ format: 1, requestId: id, seenIndex, ...body }));
  }

  applyData(data: Uint8Array): Applied {
    return this.state.apply({ index: this.state.appliedIndex + 1, term: 1, data });
  }

  /** Applies it, and fails where it is refused. */
  does(body: Partial<Request>): Response {
    const { response, error } = this.apply(body);
    if (error) throw error;
    if (!response) throw new Error("neither a response nor an error");
    return response;
  }

  query(body: Partial<Query>, nowMs = 0): Response {
    const query = Query.encode(Query.create({ format: 1, ...body }));
    return Response.decode(this.state.query(query, nowMs));
  }

  range(request: Partial<RangeRequest>): RangeResponse {
    const { range } = this.query({ range: RangeRequest.create(request) });
    if (!range) throw new Error("no range response");
    return range;
  }

  /** A whole checkpoint; its manifest. */
  checkpoint(maxRows = 100): Uint8Array {
    const manifest = this.state.checkpoints.freeze();
    while (!this.state.checkpoints.writeSlice({ maxRows, maxBytes: 1_000_000 }));
    this.state.checkpoints.finish();
    this.database.commit();
    return manifest;
  }

  /** A new instance over the same database, as the manifest says. */
  restart(manifest?: Uint8Array): void {
    this.database.commit();
    this.database.restart();
    this.state = new StateMachine(this.database.sql, this.limits);
    if (manifest) this.state.restore(manifest);
  }
}
