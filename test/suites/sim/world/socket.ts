import type { PeerSocket, SocketReceiver } from "../../../../src/node/world/environment.ts";
import type { ObjectInstance } from "./instance.ts";
import type { Link } from "./link.ts";
import type { MemberObject } from "./object.ts";
import { saidBy } from "./versions.ts";

/** A socket that a partition holds up is given up after this. */
const stallLimitUs = 15_000_000;

/**
 * One end of a WebSocket: what its owner sends with, and where the other end's frames arrive. Order
 * holds on one socket; a reset may cut off any suffix of what is under way.
 */
export class SocketEnd implements PeerSocket {
  readonly object: MemberObject;
  /** Undefined while its object is evicted and the socket outlives it. */
  #owner: ObjectInstance | undefined;
  #receiver: SocketReceiver | undefined;
  #forgetDeath: () => void = () => undefined;
  #gone = false;
  readonly #socket: Socket;

  constructor(socket: Socket, object: MemberObject) {
    this.#socket = socket;
    this.object = object;
  }

  get owner(): ObjectInstance | undefined {
    return this.#owner;
  }

  send(frame: Uint8Array): void {
    const copy = this.#owner === undefined ? frame.slice() : saidBy(this.#owner, frame);
    this.#owner?.leave(() => this.#socket.transmit(this, copy));
  }

  close(code: number, reason: string): void {
    this.#owner?.leave(() => this.#socket.close(this, `closed by peer: ${code} ${reason}`));
  }

  /** The owner is superseded, and runs on at another place. */
  moved(place: string): void {
    this.#socket.moved(this, place);
  }

  adopt(owner: ObjectInstance, receiver: SocketReceiver): void {
    this.#owner = owner;
    this.#receiver = receiver;
    owner.ends.add(this);
    this.#forgetDeath = owner.onDeath((reason) => this.#socket.close(this, reason));
  }

  hibernate(): void {
    this.#forgetDeath();
    this.#owner = undefined;
    this.#receiver = undefined;
  }

  /** A frame arrives. Makes an instance where the socket outlived the last one. */
  arrive(frame: Uint8Array): void {
    if (this.#gone) return;
    const owner = this.#owner;
    if (owner !== undefined) {
      owner.enter(() => this.#receiver?.frame(frame));
    } else if (!this.object.down) {
      this.object.receive(() => this.#receiver?.frame(frame));
    }
  }

  /** The socket is no more; tells the owner unless it was the owner who closed it. */
  closed(reason: string, tell: boolean): void {
    this.#gone = true;
    this.#owner?.ends.delete(this);
    this.#forgetDeath();
    this.object.accepted.delete(this);
    const owner = this.#owner;
    const receiver = this.#receiver;
    this.#owner = undefined;
    this.#receiver = undefined;
    if (tell && owner?.alive && receiver !== undefined) {
      owner.enter(() => receiver.closed(reason));
    }
  }
}

interface Direction {
  link: Link;
  lastArrivalUs: number;
  /** Frames that a partition holds up. */
  stalled: Uint8Array[];
}

/** A WebSocket between two objects, from the dial to its end. */
export class Socket {
  readonly dialler: SocketEnd;
  readonly acceptor: SocketEnd;
  readonly #forth: Direction;
  readonly #back: Direction;
  #state: "opening" | "open" | "closed" = "opening";
  readonly #queued: Uint8Array[] = [];

  constructor(from: MemberObject, to: MemberObject, forth: Link, back: Link) {
    this.dialler = new SocketEnd(this, from);
    this.acceptor = new SocketEnd(this, to);
    this.#forth = { link: forth, lastArrivalUs: 0, stalled: [] };
    this.#back = { link: back, lastArrivalUs: 0, stalled: [] };
    forth.sockets.add(this);
    back.sockets.add(this);
  }

  get open(): boolean {
    return this.#state === "open";
  }

  get closed(): boolean {
    return this.#state === "closed";
  }

  /** The handshake came back: what was queued goes. */
  opened(): void {
    if (this.#state !== "opening") return;
    this.#state = "open";
    for (const frame of this.#queued.splice(0)) this.#transmit(this.dialler, frame);
  }

  /** A frame has left the gate of `from`: whatever it says must be true by now. */
  transmit(from: SocketEnd, frame: Uint8Array): void {
    if (this.#state === "closed") return;
    const to = from === this.dialler ? this.acceptor : this.dialler;
    from.object.world.frameSent(from, to, frame);
    if (this.#state === "opening" && from === this.dialler) this.#queued.push(frame);
    else this.#transmit(from, frame);
  }

  #transmit(from: SocketEnd, frame: Uint8Array): void {
    const direction = from === this.dialler ? this.#forth : this.#back;
    const to = from === this.dialler ? this.acceptor : this.dialler;
    if (direction.link.blocked || direction.stalled.length > 0) this.#stall(direction, frame);
    else this.#schedule(direction, to, frame);
  }

  /** The partition is over: what it held up goes, in order. */
  resume(link: Link): void {
    const [direction, to] = this.#toward(link);
    for (const frame of direction.stalled.splice(0)) this.#schedule(direction, to, frame);
  }

  /** One end's place in the network has another name now. */
  moved(end: SocketEnd, place: string): void {
    if (this.#state === "closed") return;
    const { network } = end.object.world;
    const [out, into] =
      end === this.dialler ? [this.#forth, this.#back] : [this.#back, this.#forth];
    for (const { link } of [out, into]) link.sockets.delete(this);
    out.link = network.link(place, out.link.to);
    into.link = network.link(into.link.from, place);
    for (const { link } of [out, into]) link.sockets.add(this);
  }

  /** One end goes away; the other hears of it when the news gets through. */
  close(from: SocketEnd, reason: string): void {
    if (this.#state === "closed") return;
    const direction = from === this.dialler ? this.#forth : this.#back;
    const to = from === this.dialler ? this.acceptor : this.dialler;
    const { scheduler } = from.object.world;
    const atUs = direction.link.blocked
      ? scheduler.nowUs + stallLimitUs
      : Math.max(direction.lastArrivalUs, scheduler.nowUs + direction.link.delayUs(0));
    scheduler.at(atUs, () => {
      this.#end();
      to.closed(reason, true);
    });
    from.closed(reason, false);
    // What waits for the handshake waits in the memory of whoever dialled.
    if (from === this.dialler) this.#queued.length = 0;
    const other = from === this.dialler ? this.#back : this.#forth;
    other.stalled = [];
  }

  /** The connection breaks: frames under way that have not arrived by then never do. */
  reset(reason: string): void {
    if (this.#state === "closed") return;
    this.#end();
    const { scheduler } = this.dialler.object.world;
    scheduler.after(0, () => this.dialler.closed(reason, true));
    scheduler.after(this.#forth.link.delayUs(0), () => this.acceptor.closed(reason, true));
  }

  #end(): void {
    this.#state = "closed";
    this.#forth.link.sockets.delete(this);
    this.#back.link.sockets.delete(this);
    this.#forth.stalled = [];
    this.#back.stalled = [];
  }

  #toward(link: Link): [Direction, SocketEnd] {
    return link === this.#forth.link ? [this.#forth, this.acceptor] : [this.#back, this.dialler];
  }

  #stall(direction: Direction, frame: Uint8Array): void {
    direction.stalled.push(frame);
    if (direction.stalled.length > 1) return;
    const { scheduler } = this.dialler.object.world;
    scheduler.after(stallLimitUs, () => {
      if (direction.stalled[0] === frame) this.reset("timed out");
    });
  }

  #schedule(direction: Direction, to: SocketEnd, frame: Uint8Array): void {
    const { scheduler } = this.dialler.object.world;
    const arrivalUs = scheduler.nowUs + direction.link.delayUs(frame.byteLength);
    direction.lastArrivalUs = Math.max(arrivalUs, direction.lastArrivalUs);
    scheduler.at(direction.lastArrivalUs, () => {
      if (this.#state !== "closed") to.arrive(frame);
    });
  }
}
