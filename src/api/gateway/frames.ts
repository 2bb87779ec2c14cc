/** Reads JSON values from the frames of a WebSocket, which are pieces of one text. */

import { GrpcCode } from "../../etcd/grpc-code.ts";
import { ApiError } from "../base/error.ts";
import type { Context } from "../http/context.ts";
import { textOfBody } from "../http/utf8.ts";
import { maxJsonBytes, messageTooLarge } from "../store/sizes.ts";
import { JsonSplitter } from "./json/splitter.ts";

/**
 * Characters of requests that may wait on one socket, with an overhead for each: a client that
 * sends faster than it is answered cannot be held back.
 */
export const maxWaitingCharacters = 8_388_608;
const requestOverhead = 64;

const tooFast = () =>
  new ApiError(GrpcCode.ResourceExhausted, "too many requests wait on this WebSocket");

/** Joins frames and splits their text into JSON values. */
export class FrameValues {
  readonly #context: Pick<Context, "admit">;
  readonly #splitter = new JsonSplitter();
  #waiting: string[] = [];
  /** The position of the next value in #waiting: shifting a long list would take linear time. */
  #taken = 0;
  #weight = 0;
  #received = 0;
  /** The error thrown after the values before it. */
  #fault: unknown;
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(context: Pick<Context, "admit">) {
    this.#context = context;
  }

  /** Adds a frame; ignored after an error. */
  push(frame: string | ArrayBuffer): void {
    if (this.#closed) return;
    try {
      this.#add(typeof frame === "string" ? frame : textOfBody(frame));
    } catch (error) {
      this.#fault = error;
      this.#closed = true;
    }
    this.#wake();
  }

  #add(frame: string): void {
    this.#received += frame.length;
    // As in etcd's proxy, a value ends with its frame.
    for (const value of this.#splitter.push(`${frame}\n`)) {
      this.#waiting.push(value);
      this.#weight += value.length + requestOverhead;
      if (this.#weight <= maxWaitingCharacters) continue;
      // Reports the error at once, not after the answers to the waiting requests.
      this.#waiting = [];
      this.#taken = 0;
      throw tooFast();
    }
    const { pending } = this.#splitter;
    if (pending > maxJsonBytes) throw messageTooLarge(pending);
  }

  /** Ends the values: no frame follows. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /**
   * The values in order. Throws InputError for invalid JSON, and ApiError for a value that is too
   * large, more bytes than this client may send, or too many waiting requests.
   */
  async *values(): AsyncIterable<string> {
    for (;;) {
      await this.#context.admit(this.#received);
      const value = this.#take();
      if (value !== undefined) yield value;
      else if (this.#closed) {
        if (this.#fault !== undefined) throw this.#fault;
        return;
      } else {
        await new Promise<void>((wake) => {
          this.#wake = wake;
        });
      }
    }
  }

  #take(): string | undefined {
    const value = this.#waiting[this.#taken];
    if (value === undefined) return undefined;
    this.#weight -= value.length + requestOverhead;
    this.#taken += 1;
    if (this.#taken === this.#waiting.length) {
      this.#waiting = [];
      this.#taken = 0;
    }
    return value;
  }
}
