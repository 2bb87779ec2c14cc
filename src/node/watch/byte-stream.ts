import type { GrpcCode, WatchReceiver, WatchSession } from "../rpc.ts";

/** Bytes that wait for a slow client before its watches stop sending. */
const highWaterBytes = 256 << 10;

export interface ByteStream {
  /** Frames of 4 bytes big-endian length and an encoded WatchResponse. */
  readonly responses: ReadableStream<Uint8Array>;
  request(bytes: Uint8Array): void;
  close(): void;
}

/** A watch stream as a stream of bytes, which is what crosses RPC. */
export function watchStream(open: (receiver: WatchReceiver) => WatchSession): ByteStream {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  let waiting = 0;
  let full = false;
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    session.close();
  };
  const session = open({
    response(bytes) {
      if (ended) return false;
      waiting += bytes.length;
      full = waiting > highWaterBytes;
      // A write fails once the reader is gone: there is nobody left to answer.
      writer.write(framed(bytes)).then(() => {
        waiting -= bytes.length;
        if (!full || waiting > highWaterBytes / 2) return;
        full = false;
        session.drained();
      }, end);
      return !full;
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

function framed(bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(4 + bytes.length);
  new DataView(frame.buffer).setUint32(0, bytes.length);
  frame.set(bytes, 4);
  return frame;
}
