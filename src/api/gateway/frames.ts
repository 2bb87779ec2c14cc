/** What comes in on a WebSocket: its frames are pieces of one text, of JSON values. */

import { GrpcCode } from "../../etcd/grpc-code.ts";
import { ApiError } from "../base/error.ts";
import type { Context } from "../http/context.ts";
import { textOfBody } from "../http/utf8.ts";
import { maxJsonBytes, messageTooLarge } from "../store/sizes.ts";
import { JsonSplitter } from "./json/splitter.ts";

/**
 * Characters of requests that one socket may have waiting, each request weighing something for
 * itself: there is no way to hold back a client that sends faster than it is answered.
 */
export const maxWaitingCharacters = 8_388_608;
const requestOverhead = 64;

const tooFast = () =>
  new ApiError(GrpcCode.ResourceExhausted, "too many requests wait on this WebSocket");

/** The text of frames as the JSON values that it holds, wherever the frames were cut. */
export class FrameValues {
  readonly #context: Pick<Context, "admit">;
  readonly #splitter = new JsonSplitter();
  #waiting: string[] = [];
  /** Those before it are taken: to shift a long list takes as long as it is. */
  #taken = 0;
  #weight = 0;
  #received = 0;
  /** What ends the values, once those before it are taken. */
  #fault: unknown;
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(context: Pick<Context, "admit">) {
    this.#context = context;
  }

  /** Takes in a frame; after a fault no more. */
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
    // As etcd's proxy passes them on: what a frame ends with does not go on in the next.
    for (const value of this.#splitter.push(`${frame}\n`)) {
      this.#waiting.push(value);
      this.#weight += value.length + requestOverhead;
      if (this.#weight <= maxWaitingCharacters) continue;
      // It is told so now, and not when all of them are answered.
      this.#waiting = [];
      this.#taken = 0;
      throw tooFast();
    }
    const { pending } = this.#splitter;
    if (pending > maxJsonBytes) throw messageTooLarge(pending);
  }

  /** No more will come. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /**
   * Throws InputError for what can be no value, ApiError for what is larger than a request may
   * be, or more than this client may send, or too much at once.
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
