import { decodeCall } from "../../../../src/node/peers/frame-codec.ts";
import type { PeerMethod } from "../../../../src/node/world/environment.ts";
import { toHex } from "../../../../src/proto/bytes.ts";
import type { RaftMember } from "../../../../src/worker.ts";
import type { FaultTable } from "./faults.ts";
import { rerouted } from "./namespace.ts";

type Namespace = DurableObjectNamespace<RaftMember>;
type Stub = DurableObjectStub<RaftMember>;

const lost = (to: number) => new Error(`no way to member ${to}: the fault seam parts it`);

/** The namespace as one member sees it: what it says to others may get lost. */
export function faultyNamespace(
  namespace: Namespace,
  self: number,
  table: FaultTable,
  reset: (why: string) => void,
): Namespace {
  async function call(stub: Stub, to: number, method: PeerMethod, body: Uint8Array) {
    if (table.parted(self, to)) throw lost(to);
    const response = await stub.peerCall(method, body);
    if (table.parted(self, to)) throw lost(to);
    if (method === "snapshotChunk") {
      const interrupted = table.interrupts(self, "receiver");
      table.chunks.push({ from: to, to: self, ...chunkOf(body), interrupted });
      if (interrupted) reset("the fault seam interrupts a transfer");
    }
    return response;
  }

  async function dial(stub: Stub, to: number, url: string, init: RequestInit) {
    if (table.parted(self, to)) throw lost(to);
    const { webSocket, status } = await stub.fetch(url, init);
    const parted = () => table.parted(self, to);
    return { status, webSocket: webSocket && new FaultySocket(webSocket, parted) };
  }

  return rerouted(namespace, (to, stubOf) => {
    const stub = stubOf();
    return {
      peerCall: (method: PeerMethod, body: Uint8Array) => call(stub, to, method, body),
      fetch: (url: string, init: RequestInit) => dial(stub, to, url, init),
    };
  });
}

/** What the seam tells of a request for a chunk. */
export function chunkOf(body: Uint8Array): { snapshot: string; cursor: string } {
  const { chunk } = decodeCall(body);
  if (chunk === undefined) throw new Error("a request for a chunk asks for none");
  return { snapshot: `${chunk.index}/${chunk.term}`, cursor: toHex(chunk.cursor) };
}

/** A socket whose frames get lost both ways, and silently, while its ends are parted. */
class FaultySocket {
  readonly #socket: WebSocket;
  readonly #parted: () => boolean;

  constructor(socket: WebSocket, parted: () => boolean) {
    this.#socket = socket;
    this.#parted = parted;
  }

  set binaryType(type: "blob" | "arraybuffer") {
    this.#socket.binaryType = type;
  }

  accept(): void {
    this.#socket.accept();
  }

  send(frame: Uint8Array): void {
    if (!this.#parted()) this.#socket.send(frame);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  addEventListener(type: "message" | "close" | "error", listener: (event: Event) => void): void {
    this.#socket.addEventListener(type, (event: Event) => {
      if (type !== "message" || !this.#parted()) listener(event);
    });
  }
}
