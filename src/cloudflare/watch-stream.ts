import type { GrpcCode } from "../etcd/grpc-code.ts";
import type { WatchClient, WatchSession } from "../node/watch/service.ts";
import { lengthPrefixed } from "../proto/bytes.ts";
import type { ErrorFields } from "../rpc/messages.ts";

export interface ByteStream {
  /** Frames: a length of 4 bytes, big-endian, and an encoded WatchResponse. */
  readonly responses: ReadableStream<Uint8Array>;
  /** Why there is no stream, if the member refused it at once. */
  readonly refused: ErrorFields | undefined;
  request(bytes: Uint8Array): void;
  close(): void;
}

/**
 * A watch stream as a byte stream, which can cross RPC. Responses that come during a write are
 * joined into the next one, since a write costs more than its bytes.
 */
export function watchStream(open: (receiver: WatchClient) => WatchSession): ByteStream {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  let gathered: Uint8Array[] = [];
  let writing = false;
  let ended = false;
  let opening = true;
  let refused: ErrorFields | undefined;
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
    // A write fails once the reader is gone: no client is left to answer.
    writer.write(lengthPrefixed(responses)).then(() => {
      writing = false;
      if (ended) return;
      session.sent(bytesIn(responses));
      write();
    }, end);
  };
  const session = open({
    response(bytes) {
      if (ended) return;
      gathered.push(bytes);
      if (!writing) write();
    },
    closed(code: GrpcCode, message: string, number = 0) {
      ended = true;
      if (opening) refused = { code, message, number };
      else writer.abort(new Error(`${code} ${message}`)).catch(() => undefined);
    },
  });
  opening = false;
  if (refused !== undefined) writer.close().catch(() => undefined);
  return {
    responses: readable,
    refused,
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
