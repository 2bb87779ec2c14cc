import {
  ResponseHeader,
  WatchRequest,
  WatchResponse,
} from "../../../../src/proto/generated/etcd.ts";

/** The member's end of one stream. */
export class FakeStream {
  readonly requests: WatchRequest[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly responses = new ReadableStream<Uint8Array>({
    start: (controller) => {
      this.#controller = controller;
    },
  });
  readonly control = {
    request: async (bytes: Uint8Array) => {
      const request = WatchRequest.decode(bytes);
      this.requests.push(request);
      this.#asked?.(request);
    },
  };
  readonly #asked: ((request: WatchRequest) => void) | undefined;

  constructor(asked?: (stream: FakeStream, request: WatchRequest) => void) {
    this.#asked = asked === undefined ? undefined : (request) => asked(this, request);
  }

  send(fields: Partial<WatchResponse>, revision = 5): void {
    const told = ResponseHeader.create({ revision });
    const message = WatchResponse.encode(WatchResponse.create({ header: told, ...fields }));
    const frame = new Uint8Array(4 + message.length);
    new DataView(frame.buffer).setUint32(0, message.length);
    frame.set(message, 4);
    this.#controller?.enqueue(frame);
  }

  break(): void {
    this.#controller?.error(new Error("the member has gone"));
  }
}

/** Takes every watch. */
export const confirm = (stream: FakeStream, { createRequest }: WatchRequest) => {
  if (createRequest) stream.send({ watchId: createRequest.watchId, created: true });
};
