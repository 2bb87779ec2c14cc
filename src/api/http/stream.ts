/** Response bodies in parts: only the part that is read next is in memory. */
import type { Holding } from "../base/answers.ts";
import type { Context } from "./context.ts";

const encoder = new TextEncoder();
const nothing = new Uint8Array();
const bytesOf = (part: string | Uint8Array): Uint8Array =>
  typeof part === "string" ? encoder.encode(part) : part;

/**
 * Bytes up to which an answer is given to the platform as it is, and of each piece of a larger one:
 * the platform copies some pieces of an unread response, however long they are.
 */
const wholeBytes = 65_536;
const beatMs = 30_000;
/**
 * How long a client may read nothing of an answer: as long as its revision is held. Not for
 * watches.
 */
export const unreadMs = 60_000;

export interface StreamEnds {
  /** The last text if the source throws; without it the body breaks off. */
  readonly failed?: (error: unknown) => string;
  /** Called when the client stops reading. */
  readonly left?: () => void;
  /** Milliseconds for which the client may read nothing, before the body breaks off. */
  readonly unreadMs?: number;
}

/**
 * A body of the parts, a long one in several chunks. Parts are made as the client reads, so a slow
 * client holds its source back. Unread bytes count as held by the client, and so does, until the
 * end, what the request holds already.
 */
export function streamOf(
  { answers, clock }: Pick<Context, "answers" | "clock">,
  parts: AsyncIterable<string | Uint8Array>,
  ends: StreamEnds = {},
): ReadableStream<Uint8Array> {
  const source = parts[Symbol.asyncIterator]();
  const chunk = new Chunk(answers);
  let cancelTimer: () => void = () => undefined;
  let cancelBeat: () => void = () => undefined;
  const beat = () => {
    answers.touch();
    cancelBeat = clock.after(beatMs, beat);
  };
  beat();
  const ended = () => {
    cancelTimer();
    cancelBeat();
    chunk.read();
    answers.release();
  };
  const giveUp = async () => {
    ended();
    ends.left?.();
    await source.return?.();
  };
  answers.holdUntilSent();
  const body = {
    async pull(controller: ReadableStreamDefaultController<Uint8Array>) {
      cancelTimer();
      try {
        if (chunk.isRead) {
          chunk.read();
          const part = await source.next();
          if (part.done) {
            ended();
            controller.close();
            return;
          }
          await chunk.made(bytesOf(part.value));
        }
        controller.enqueue(chunk.piece());
        if (ends.unreadMs === undefined) return;
        cancelTimer = clock.after(ends.unreadMs, () => {
          controller.error(new Error("nobody reads the answer"));
          void giveUp();
        });
      } catch (error) {
        const last = ends.failed?.(error);
        void giveUp();
        if (last === undefined) {
          controller.error(error);
        } else {
          controller.enqueue(encoder.encode(last));
          controller.close();
        }
      }
    },
    cancel: giveUp,
  };
  // Nothing is made before it is read.
  return new ReadableStream(body, { highWaterMark: 0 });
}

/** The part of a body that was made last. */
class Chunk {
  readonly #answers: Holding;
  #bytes: Uint8Array = nothing;
  #given = 0;

  constructor(answers: Holding) {
    this.#answers = answers;
  }

  /** Whether the reader has all of it. */
  get isRead(): boolean {
    return this.#given >= this.#bytes.length;
  }

  /** Takes over a part when there is room for it. Rejects with ApiError. */
  async made(bytes: Uint8Array): Promise<void> {
    await this.#answers.reserve(bytes.length);
    this.#bytes = bytes;
  }

  /** The next piece of the part. */
  piece(): Uint8Array {
    const piece = this.#bytes.subarray(this.#given, this.#given + wholeBytes);
    this.#given += piece.length;
    return piece;
  }

  read(): void {
    this.#answers.give(this.#bytes.length);
    this.#bytes = nothing;
    this.#given = 0;
  }
}

/**
 * A whole text as a body. A large one is sent in pieces, which shows when the client has it; it
 * waits as bytes, outside of the isolate's heap.
 */
export function bodyOf(
  context: Pick<Context, "answers" | "clock">,
  text: string | Uint8Array,
): string | Uint8Array | ReadableStream<Uint8Array> {
  if (text.length < wholeBytes) return text;
  return streamOf(context, piecesOf(bytesOf(text)), { unreadMs });
}

/** Bytes as a body of known length. */
export function bytesBody(
  context: Pick<Context, "answers" | "clock">,
  bytes: Uint8Array,
): Uint8Array | ReadableStream<Uint8Array> {
  if (bytes.length < wholeBytes) return bytes;
  const body = streamOf(context, piecesOf(bytes), { unreadMs });
  // Runtimes other than workerd take the length from the header.
  return "FixedLengthStream" in globalThis
    ? body.pipeThrough(new FixedLengthStream(bytes.length))
    : body;
}

/** The bytes, a piece at a time. */
export async function* piecesOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += wholeBytes) yield bytes.slice(at, at + wholeBytes);
}
