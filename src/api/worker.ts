/** What the front needs of the platform that it runs on: Cloudflare's Workers. */
import type { Clock } from "./cluster/client.ts";
import type { FrontParts } from "./front.ts";
import type { Socket } from "./http/websocket.ts";

const clock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** The parts of a front in a Worker, but for its way to the members. */
export const workerParts: Omit<FrontParts, "member"> = {
  clock,
  random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  upgrade(headers) {
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    const socket: Socket = server;
    return { socket, response: new Response(null, { status: 101, webSocket: client, headers }) };
  },
};
