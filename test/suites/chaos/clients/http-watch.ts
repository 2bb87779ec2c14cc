import { readMessage } from "../../../../src/api/gateway/json/read.ts";
import { writeMessage } from "../../../../src/api/gateway/json/write.ts";
import { WatchRequest, WatchResponse } from "../../../../src/proto/generated/etcd.ts";
import type { StreamReceiver, WatchStream } from "../../sim/clients/surroundings.ts";
import { resultOf } from "./json-methods.ts";

/** A watch stream of etcd's JSON API, at the front of one process. */
export class HttpWatch implements WatchStream {
  readonly #url: string;
  readonly #receiver: StreamReceiver;
  readonly #gone = new AbortController();

  constructor(url: string, receiver: StreamReceiver) {
    this.#url = url;
    this.#receiver = receiver;
  }

  open(first: Uint8Array): void {
    this.#run(writeMessage(WatchRequest, WatchRequest.decode(first))).then(
      () => this.#ended("the stream ended"),
      (error: unknown) => this.#ended(String(error)),
    );
  }

  close(): void {
    this.#gone.abort();
  }

  #ended(reason: string): void {
    if (!this.#gone.signal.aborted) this.#receiver.closed(reason);
    this.#gone.abort();
  }

  async #run(body: string): Promise<void> {
    const { signal } = this.#gone;
    const response = await fetch(`${this.#url}/v3/watch`, { method: "POST", body, signal });
    if (!response.ok || response.body === null) throw new Error(`${response.status}`);
    let rest = "";
    for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = `${rest}${part}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (signal.aborted) return;
        const message = readMessage(WatchResponse, resultOf(line));
        this.#receiver.response(WatchResponse.encode(message));
      }
    }
  }
}
