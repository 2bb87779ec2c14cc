import type { WatchSession } from "../../../../src/node/watch/service.ts";
import type { World } from "../world/world.ts";
import type { StreamReceiver, WatchStream } from "./surroundings.ts";

/**
 * A client's watch stream to one instance of a member: responses arrive in order, and the stream
 * ends with the instance.
 */
export class WatchStreamClient implements WatchStream {
  readonly #world: World;
  readonly #place: string;
  readonly #receiver: StreamReceiver;
  readonly #member: number;
  #hangUp: () => void = () => undefined;
  #open = true;
  #lastArrivalUs = 0;

  constructor(world: World, place: string, member: number, receiver: StreamReceiver) {
    this.#world = world;
    this.#place = place;
    this.#member = member;
    this.#receiver = receiver;
  }

  open(first: Uint8Array): void {
    const { network, scheduler } = this.#world;
    const target = this.#world.object(this.#member);
    const forth = network.link(this.#place, target.place);
    if (forth.loses()) {
      scheduler.after(forth.delayUs(0), () => this.#ended("unreachable"));
      return;
    }
    scheduler.after(forth.delayUs(0), () => {
      if (target.down) {
        this.#ended("is down");
        return;
      }
      target.receive((member, instance) => {
        const forget = instance.onDeath((reason) => this.#later(() => this.#ended(reason)));
        let session: WatchSession | undefined;
        const sent = (bytes: number): void => instance.enter(() => session?.sent(bytes));
        session = member.openWatch("", {
          response: (bytes) => {
            const copy = bytes.slice();
            instance.leave(() => this.#later(() => this.#arrived(copy, sent)));
          },
          closed: (code, message) => {
            forget();
            instance.leave(() => this.#later(() => this.#ended(`${code} ${message}`)));
          },
        });
        session.request(first);
        const opened = session;
        this.#hangUp = () => {
          forget();
          scheduler.after(forth.delayUs(0), () => instance.enter(() => opened.close()));
        };
      });
    });
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#hangUp();
  }

  #arrived(bytes: Uint8Array, sent: (bytes: number) => void): void {
    sent(bytes.length);
    if (this.#open) this.#receiver.response(bytes);
  }

  #ended(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#receiver.closed(reason);
  }

  /** In order; while the way is cut, nothing arrives and the stream ends. */
  #later(run: () => void): void {
    const { network, scheduler } = this.#world;
    const back = network.link(this.#world.object(this.#member).place, this.#place);
    if (back.blocked) {
      scheduler.after(back.delayUs(0), () => {
        this.#ended("cut off");
        // The member's end of it breaks, too.
        this.#hangUp();
      });
      return;
    }
    const arrivalUs = Math.max(scheduler.nowUs + back.delayUs(0), this.#lastArrivalUs);
    this.#lastArrivalUs = arrivalUs;
    scheduler.at(arrivalUs, run);
  }
}
