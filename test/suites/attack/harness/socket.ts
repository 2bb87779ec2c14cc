/** A WebSocket that a test can treat badly. */
import { randomBytes } from "node:crypto";
import { request } from "node:http";
import type { Socket } from "node:net";
import { FrameReader, textFrame } from "./frames.ts";
import { sleep } from "./http.ts";

/** Frames that are written in one piece. */
const framesAtOnce = 1_000;
const drainPollMs = 5;

export class WebSocketClient {
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  /** Texts that arrived, in their order. */
  readonly texts: string[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket, early: Buffer) {
    this.#socket = socket;
    socket.on("error", () => this.#end());
    socket.on("close", () => this.#end());
    socket.on("data", (part: Buffer) => this.#take(part));
    this.#take(early);
  }

  /** Undefined where the server does not upgrade. */
  static open(
    url: string,
    headers: Readonly<Record<string, string>> = {},
    timeoutMs = 10_000,
  ): Promise<WebSocketClient | undefined> {
    return new Promise((resolve) => {
      const key = randomBytes(16).toString("base64");
      const upgrade = { connection: "Upgrade", upgrade: "websocket" };
      const protocol = { "sec-websocket-version": "13", "sec-websocket-key": key };
      const sent = request(url, { headers: { ...upgrade, ...protocol, ...headers }, agent: false });
      const timer = setTimeout(() => sent.destroy(), timeoutMs);
      const settle = (client: WebSocketClient | undefined) => {
        clearTimeout(timer);
        resolve(client);
      };
      sent.on("upgrade", (_, socket, head) => settle(new WebSocketClient(socket as Socket, head)));
      sent.on("response", (response) => {
        response.resume();
        settle(undefined);
      });
      sent.on("error", () => settle(undefined));
      sent.on("close", () => settle(undefined));
      sent.end();
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Writes each text as a frame of its own; waits while the server takes nothing. */
  async send(texts: readonly string[]): Promise<void> {
    for (let at = 0; at < texts.length && !this.#ended; at += framesAtOnce) {
      const frames = texts.slice(at, at + framesAtOnce).map(textFrame);
      if (this.#socket.write(Buffer.concat(frames))) continue;
      while (this.#socket.writableNeedDrain && !this.#ended) await sleep(drainPollMs);
    }
  }

  /** Whether so many texts came within the time, or the socket ended. */
  async heard(count: number, deadlineMs: number): Promise<boolean> {
    const until = performance.now() + deadlineMs;
    while (!this.#ended && this.texts.length < count) {
      const left = until - performance.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return true;
  }

  /** Reads nothing any more. */
  pause(): void {
    this.#socket.pause();
  }

  /** Goes away without a word. */
  leave(): void {
    this.#socket.destroy();
  }

  #take(part: Buffer): void {
    for (const { closes, text } of this.#reader.push(part)) {
      if (closes) this.#end();
      else this.texts.push(text);
    }
    this.#wake();
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }
}
