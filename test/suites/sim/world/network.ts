import type { MemberInputs } from "../../../../src/node/member/inputs.ts";
import type {
  PeerMethod,
  PeerSocket,
  Peers,
  SocketReceiver,
} from "../../../../src/node/world/environment.ts";
import type { ObjectInstance } from "./instance.ts";
import { Link } from "./link.ts";
import type { MemberObject } from "./object.ts";
import { Socket } from "./socket.ts";
import { saidBy } from "./versions.ts";
import type { World } from "./world.ts";

/** A call whose request or answer is lost fails after this, unless it fails at once. */
const callTimeoutUs = 10_000_000;

export type Settled<T> = (
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: Error }
) & {
  /** The request was delivered twice: the other one may be answered otherwise, or not yet. */
  readonly doubled?: boolean;
};

/** The platform could not reach the object, or lost it while it worked. */
class UnreachableError extends Error {
  override readonly name = "UnreachableError";

  /** Thousands of these are made, and nobody asks from where: no stack is taken down. */
  static quick(message: string): UnreachableError {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    const error = new UnreachableError(message);
    Error.stackTraceLimit = stackTraceLimit;
    return error;
  }
}

/** All ways between all places. */
export class Network {
  readonly #world: World;
  readonly #links: Link[] = [];
  /** The same by where they begin and where they end. */
  readonly #byPlace = new Map<string, Map<string, Link>>();
  /** The region of a place; delays follow from it. */
  readonly regions = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  link(from: string, to: string): Link {
    let links = this.#byPlace.get(from);
    if (links === undefined) {
      links = new Map();
      this.#byPlace.set(from, links);
    }
    let link = links.get(to);
    if (link === undefined) {
      const distance = distanceUs(this.#region(from), this.#region(to));
      link = new Link(from, to, distance, this.#world.random.fork(`link/${from}>${to}`));
      this.#world.newLink(link);
      links.set(to, link);
      this.#links.push(link);
    }
    return link;
  }

  #region(place: string): number {
    return this.regions.get(place.replace("~", "")) ?? 0;
  }

  get links(): Iterable<Link> {
    return this.#links;
  }

  /** Breaks every socket between two objects. Returns how many. */
  resetSockets(a: string, b: string): number {
    const sockets = [...this.link(a, b).sockets].filter(({ open }) => open);
    for (const socket of sockets) socket.reset("connection reset");
    return sockets.length;
  }

  peersOf(instance: ObjectInstance): Peers {
    return {
      dial: (peer, receiver) => this.#dial(instance, peer, receiver),
      call: (peer, method, body) => this.#call(instance, peer, method, body),
    };
  }

  /**
   * One request to the live instance of `target`; `settled` is called at most once, and not at all
   * where `from` has gone away. What `handle` answers leaves through the instance's output gate.
   */
  request<T>(
    from: string,
    target: MemberObject,
    handle: (member: MemberInputs) => Promise<T>,
    settled: (result: Settled<T>) => void,
  ): void {
    const { scheduler } = this.#world;
    const forth = this.link(from, target.place);
    const back = this.link(target.place, from);
    let open = true;
    let doubled = false;
    const settle = (result: Settled<T>): void => {
      if (!open) return;
      open = false;
      settled(doubled ? { ...result, doubled } : result);
    };
    const fail = (why: string, afterUs: number): void => {
      const error = UnreachableError.quick(`${target.place}: ${why}`);
      scheduler.after(afterUs, () => settle({ ok: false, error }));
    };
    const lost = (link: Link): void =>
      fail("network", link.failsFast() ? link.delayUs(0) : callTimeoutUs);
    const arrive = (): void => {
      if (target.down) {
        fail("is down", back.delayUs(0));
        return;
      }
      target.receive((member, instance) => {
        const answered = instance.onDeath((reason) => fail(reason, back.delayUs(0)));
        instance.requests += 1;
        const leave = (result: Settled<T>): void =>
          instance.alive
            ? instance.leave(() => {
                answered();
                instance.requests -= 1;
                if (back.loses()) lost(back);
                else scheduler.after(back.delayUs(0), () => settle(result));
              })
            : undefined;
        handle(member).then(
          (value) => leave({ ok: true, value }),
          (error: Error) => leave({ ok: false, error }),
        );
      });
    };
    if (forth.loses()) {
      lost(forth);
      return;
    }
    scheduler.after(forth.delayUs(0), arrive);
    doubled = forth.duplicates();
    if (doubled) scheduler.after(forth.delayUs(0) * 3, arrive);
  }

  #call(
    caller: ObjectInstance,
    peer: number,
    method: PeerMethod,
    body: Uint8Array,
  ): Promise<Uint8Array> {
    const copy = saidBy(caller, body);
    caller.calls += 1;
    return new Promise((resolve, reject) => {
      caller.leave(() => {
        const target = this.#world.object(peer);
        this.#world.say(caller.name, `calls ${method} of ${target.place}`);
        this.request(
          caller.place,
          target,
          async (member) => {
            const { live } = target;
            const answer = await member.peerCall(method, copy);
            return live === undefined ? answer.slice() : saidBy(live, answer);
          },
          (result) => {
            caller.calls -= 1;
            caller.enter(() => (result.ok ? resolve(result.value) : reject(result.error)));
          },
        );
      });
    });
  }

  #dial(caller: ObjectInstance, peer: number, receiver: SocketReceiver): PeerSocket {
    const target = this.#world.object(peer);
    const forth = this.link(caller.place, target.place);
    const back = this.link(target.place, caller.place);
    const socket = new Socket(caller.object, target, forth, back);
    socket.dialler.adopt(caller, receiver);
    caller.leave(() => this.#shake(socket, forth, back, target));
    return socket.dialler;
  }

  /** A handshake is a request like any other: one way to the live instance, and back. */
  #shake(socket: Socket, forth: Link, back: Link, target: MemberObject): void {
    const { scheduler } = this.#world;
    const refuse = (why: string, afterUs: number): void => {
      scheduler.after(afterUs, () => socket.reset(why));
    };
    if (forth.loses()) {
      refuse("unreachable", forth.failsFast() ? forth.delayUs(0) : callTimeoutUs);
      return;
    }
    scheduler.after(forth.delayUs(0), () => {
      if (socket.closed) return;
      if (target.down) {
        refuse("is down", back.delayUs(0));
        return;
      }
      target.receive((member, instance) => {
        target.accepted.add(socket.acceptor);
        socket.acceptor.adopt(instance, member.acceptSocket(socket.acceptor));
        instance.leave(() => {
          if (back.loses()) refuse("unreachable", callTimeoutUs);
          else scheduler.after(back.delayUs(0), () => socket.opened());
        });
      });
    });
  }
}

/** Half a round trip between regions: a line of continents, 0 is one's own. */
function distanceUs(a: number, b: number): number {
  if (a === b) return 500;
  return 15_000 + 20_000 * Math.abs(a - b);
}
