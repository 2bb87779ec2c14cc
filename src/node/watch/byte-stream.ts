import type { GrpcCode, WatchReceiver, WatchSession } from "../rpc.ts";

const prefixBytes = 4;

export interface ByteStream {
  /** Frames of 4 bytes big-endian length and an encoded WatchResponse. */
  readonly responses: ReadableStream<Uint8Array>;
  request(bytes: Uint8Array): void;
  close(): void;
}

/**
 * A watch stream as a stream of bytes, which is what crosses RPC. One write is under way at a time;
 * what comes meanwhile leaves together with the next, since a write costs more than its bytes do.
 */
export function watchStream(open: (receiver: WatchReceiver) => WatchSession): ByteStream {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  let gathered: Uint8Array[] = [];
  let writing = false;
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    gathered = [];
    session.close();
  };
  const write = (): void => {
    if (gathered.length === 0) return;
    const responses = gathered;
    gathered = [];
    writing = true;
    // A write fails once the reader is gone: there is nobody left to answer.
    writer.write(framed(responses)).then(() => {
      writing = false;
      if (ended) return;
      session.sent(bytesIn(responses));
      write();
    }, end);
  };
  const session = open({
    response(bytes) {
      if (ended) return false;
      gathered.push(bytes);
      if (!writing) write();
      return true;
    },
    closed(code: GrpcCode, message: string) {
      ended = true;
      writer.abort(new Error(`${code} ${message}`)).catch(() => undefined);
    },
  });
  return {
    responses: readable,
    request: (bytes) => {
      if (!ended) session.request(bytes);
    },
    close: () => {
      end();
      writer.close().catch(() => undefined);
    },
  };
}

function bytesIn(responses: readonly Uint8Array[]): number {
  return responses.reduce((sum, { length }) => sum + length, 0);
}

function framed(responses: readonly Uint8Array[]): Uint8Array {
  const frames = new Uint8Array(bytesIn(responses) + prefixBytes * responses.length);
  const view = new DataView(frames.buffer);
  let at = 0;
  for (const response of responses) {
    view.setUint32(at, response.length);
    frames.set(response, at + prefixBytes);
    at += prefixBytes + response.length;
  }
  return frames;
}
