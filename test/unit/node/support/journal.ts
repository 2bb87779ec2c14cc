import type { MemberInputs } from "../../../../src/node/member/inputs.ts";
import { Member } from "../../../../src/node/member/member.ts";
import { decodeFrame } from "../../../../src/node/peers/frame-codec.ts";
import type {
  MemberEnvironment,
  PeerMethod,
  PeerSocket,
} from "../../../../src/node/world/environment.ts";
import type { MemberOptions } from "../../../../src/node/world/options.ts";
import { decodeMessage } from "../../../../src/proto/codec.ts";
import { type Message, MessageType } from "../../../../src/proto/raftpb.ts";
import type { Sql, SqlBinding, SqlRow } from "../../../../src/storage/sql.ts";

type Answering = Promise<Uint8Array>;

/** What one member does, in order: statements that write, frames that it sends, calls. */
export class Journal {
  readonly lines: string[] = [];
  /** Called before every statement that writes: it may throw, as a database that fails would. */
  beforeWrite: (statement: string) => void = () => undefined;
  /** Answers a call in place of the network, where it is there. */
  answerCall: ((peer: number, method: PeerMethod, body: Uint8Array) => Answering) | undefined;

  /** A member whose doings are written down. */
  member(environment: MemberEnvironment, options: MemberOptions): MemberInputs {
    const { peers } = environment;
    const member = new Member(
      {
        ...withPrototype(environment),
        sql: this.#sql(environment.sql),
        peers: {
          dial: (peer, receiver) => this.#socket(peers.dial(peer, receiver)),
          call: (peer, method, body, hint) => {
            this.lines.push(`call ${method} of ${peer}`);
            if (this.answerCall !== undefined) return this.answerCall(peer, method, body);
            return peers.call(peer, method, body, hint);
          },
        },
      },
      options,
    );
    return new Proxy(member, {
      get: (target, name) => {
        if (name === "acceptSocket") {
          return (socket: PeerSocket) => target.acceptSocket(this.#socket(socket));
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  /** The lines since the last time. */
  take(): string[] {
    return this.lines.splice(0);
  }

  #sql(sql: Sql): Sql {
    return {
      exec: <T extends SqlRow>(query: string, ...bindings: SqlBinding[]) => {
        const statement = /^\s*(?:INSERT[^(]*INTO|UPDATE|DELETE FROM|CREATE TABLE|DROP TABLE)/i;
        if (statement.test(query)) {
          this.beforeWrite(query);
          this.lines.push(`write ${tableOf(query)}`);
        }
        return sql.exec<T>(query, ...bindings);
      },
      get databaseSize() {
        return sql.databaseSize;
      },
    };
  }

  #socket(socket: PeerSocket): PeerSocket {
    return {
      send: (bytes) => {
        for (const message of decodeFrame(bytes).messages) {
          this.lines.push(`send ${nameOf(decodeMessage(message))}`);
        }
        socket.send(bytes);
      },
      close: (code, reason) => {
        this.lines.push(`close ${reason}`);
        socket.close(code, reason);
      },
    };
  }
}

function nameOf({ type, to, entries }: Message): string {
  const [name] = Object.entries(MessageType).find(([, value]) => value === type) ?? ["?"];
  return `${name}${entries.length > 0 ? `(${entries.length})` : ""} to ${to}`;
}

function tableOf(query: string): string {
  const pattern = /(?:INTO|UPDATE|FROM|TABLE)\s+(?:IF (?:NOT )?EXISTS\s+)?"?(\w+)/i;
  return pattern.exec(query)?.[1] ?? query;
}

/** An environment's members as own properties, getters and methods of its class included. */
export function withPrototype(environment: MemberEnvironment): MemberEnvironment {
  const { sql, timers, alarm, random, peers, log } = environment;
  return {
    ...{ sql, timers, alarm, random, peers, log },
    now: () => environment.now(),
    sha256: (bytes) => environment.sha256(bytes),
    sync: () => environment.sync(),
    abort: (reason) => environment.abort(reason),
  };
}
