import { errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import type { Refusal } from "../../rpc/messages.ts";
import type { WatchClient, WatchSession } from "../watch/service.ts";

const maxRequests = 1_024;
const maxRequestBytes = 262_144;

/** Closes a watch stream that its member cannot serve, with the reason. */
export function waitFailed(client: WatchClient, outcome: Refusal): void {
  const message = outcome.kind === "redirect" ? errors.noLeader.text : outcome.message;
  client.closed(GrpcCode.Unavailable, message);
}

/** A watch stream opened before its member serves; keeps the client's requests until then. */
export class WaitingWatch implements WatchSession {
  readonly #turn: (input: () => void) => void;
  #requests: Uint8Array[] = [];
  #bytes = 0;
  #session: WatchSession | undefined;
  #closed = false;

  constructor(turn: (input: () => void) => void) {
    this.#turn = turn;
  }

  opened(session: WatchSession): void {
    this.#session = session;
    for (const request of this.#requests.splice(0)) session.request(request);
    if (this.#closed) session.close();
  }

  request(bytes: Uint8Array): void {
    this.#turn(() => {
      if (this.#session !== undefined) {
        this.#session.request(bytes);
        return;
      }
      this.#bytes += bytes.length;
      const room = this.#requests.length < maxRequests && this.#bytes <= maxRequestBytes;
      if (room) this.#requests.push(bytes);
      else this.close();
    });
  }

  sent(bytes: number): void {
    this.#session?.sent(bytes);
  }

  close(): void {
    this.#turn(() => {
      this.#closed = true;
      this.#session?.close();
    });
  }
}
