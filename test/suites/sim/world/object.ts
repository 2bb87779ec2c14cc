import type { MemberInputs } from "../../../../src/node/member/inputs.ts";
import { TurnDatabase } from "../../../support/sqlite.ts";
import { Clock, epochMs } from "./clock.ts";
import { cloneDatabase, Disk } from "./disk.ts";
import { ObjectInstance } from "./instance.ts";
import type { Scheduled } from "./scheduler.ts";
import type { SocketEnd } from "./socket.ts";
import type { World } from "./world.ts";

const alarmRetryBound = 6;
const alarmBackoffUs = 2_000_000;

/**
 * A Durable Object: storage and one alarm that outlive its instances, of which at most one is live.
 * An event for an object without an instance makes one.
 */
export class MemberObject {
  readonly world: World;
  readonly id: number;
  readonly place: string;
  readonly clock: Clock;
  readonly disk: Disk;
  database = new TurnDatabase();
  /** Instances that were superseded and do not know it yet. */
  readonly zombies = new Set<ObjectInstance>();
  /** Sockets that others dialled: they outlive an eviction. */
  readonly accepted = new Set<SocketEnd>();
  /** Where nothing reaches the object: its machine is down and no other took over yet. */
  down = false;
  restarts = 0;
  #live: ObjectInstance | undefined;
  #ordinal = 0;
  /** Values of the alarm, each with the commit that makes it durable; the first is durable. */
  #alarms: { readonly commit: number; readonly atMs: number | undefined }[] = [
    { commit: 0, atMs: undefined },
  ];
  #alarmEvent: Scheduled | undefined;
  #alarmFailures = 0;
  /** Forgets the handler that ran last: it can fail no more. */
  #alarmHandled: () => void = () => undefined;
  /** How many steps a new instance lives, while a fault says so. */
  stepsAfterStart: (() => number) | undefined;
  /** The version of the code that its next instance runs. */
  version: number;
  /** Alarms come later than they should by this. */
  alarmLateUs = 0;

  constructor(world: World, id: number) {
    this.world = world;
    this.id = id;
    this.place = `m${id}`;
    this.clock = new Clock(world.scheduler);
    this.version = world.newestVersion;
    this.disk = new Disk(world.random.fork(`disk/${id}`), world.commitMeanUs);
  }

  get live(): ObjectInstance | undefined {
    return this.#live;
  }

  get alarmAtMs(): number | undefined {
    return this.#alarms.at(-1)?.atMs;
  }

  /** Runs an event on the live instance, in a turn; makes one first where there is none. */
  receive(run: (member: MemberInputs, instance: ObjectInstance) => void): void {
    if (this.down) throw new Error(`${this.place} is down and was sent an event`);
    const instance = this.#live ?? this.#newInstance();
    instance.enter(() => {
      const member = this.#constructed(instance);
      run(member, instance);
    });
  }

  #newInstance(): ObjectInstance {
    this.#ordinal += 1;
    if (this.#ordinal > 1) this.restarts += 1;
    const instance = new ObjectInstance(this, this.#ordinal);
    this.#live = instance;
    this.world.say(instance.name, "starts");
    if (this.stepsAfterStart !== undefined) instance.dieAfter(this.stepsAfterStart());
    return instance;
  }

  #constructed(instance: ObjectInstance): MemberInputs {
    if (instance.member !== undefined) return instance.member;
    const member = this.world.makeMember(instance, this.id);
    instance.member = member;
    for (const end of this.accepted) end.adopt(instance, member.acceptSocket(end));
    return member;
  }

  /**
   * An instance dies: of the commits in flight the oldest `surviving` are durable (any number of
   * them, where it is not given), everything else that was not is lost.
   */
  lose(instance: ObjectInstance, reason: string, surviving?: number): void {
    if (!instance.alive) return;
    this.world.say(instance.name, `dies: ${reason}`);
    if (this.zombies.delete(instance)) {
      instance.die(reason);
      instance.database.close();
      return;
    }
    this.#alarmLost(instance.settleStorage(surviving ?? this.#survivors(instance)));
    this.#live = undefined;
    instance.die(reason);
    this.world.instanceDied(instance);
  }

  /**
   * Memory is lost, storage and accepted sockets stay: what the platform does to an idle object. It
   * waits for commits in flight. Returns whether there was an instance to evict.
   */
  evict(): boolean {
    const instance = this.#live;
    if (instance === undefined || instance.commitsInFlight > 0) return false;
    for (const end of this.accepted) end.hibernate();
    this.lose(instance, "evicted");
    return true;
  }

  /**
   * A new instance is made elsewhere while the old one runs on with its sockets and timers. It sees
   * its storage as it was, and none of its commits arrives. Returns whether there was one.
   */
  supersede(): boolean {
    const old = this.#live;
    if (old === undefined || old.member === undefined) return false;
    const seen = cloneDatabase(this.database);
    this.#alarmLost(old.settleStorage(this.#survivors(old)));
    old.database = seen;
    old.superseded = true;
    for (const end of old.ends) end.moved(old.place);
    this.zombies.add(old);
    this.#live = undefined;
    this.accepted.clear();
    this.world.say(old.name, "is superseded");
    return true;
  }

  #survivors(instance: ObjectInstance): number {
    const random = this.world.random.fork(`survivors/${instance.name}`);
    return random.below(instance.commitsInFlight + 1);
  }

  /** The storage is gone, as if the object had never been. Only while there is no instance. */
  wipe(): void {
    if (this.#live !== undefined) throw new Error(`${this.place} still runs`);
    this.database.close();
    this.database = new TurnDatabase();
    this.#alarms = [{ commit: 0, atMs: undefined }];
    this.#alarmEvent?.cancel();
  }

  close(): void {
    for (const instance of [...this.zombies, this.#live]) {
      if (instance !== undefined) this.lose(instance, "the end", 0);
    }
    this.database.close();
  }

  setAlarm(atMs: number | undefined, commit: number): void {
    this.#alarms.push({ commit, atMs });
  }

  alarmCommitted(commit: number): void {
    const durable = this.#alarms.findLastIndex((entry) => entry.commit <= commit);
    if (durable <= 0) return;
    this.#alarms = this.#alarms.slice(durable);
    this.#alarmFailures = 0;
    this.#scheduleAlarm();
  }

  /** The platform gives up on the alarm, or loses it. */
  dropAlarm(): void {
    this.#alarmEvent?.cancel();
    this.#alarms = [{ commit: 0, atMs: undefined }];
  }

  /** The alarm comes once more, as "at least once" allows. */
  repeatAlarm(): void {
    if (!this.down) this.receive((member) => member.alarm());
  }

  #alarmLost(durableCommit: number): void {
    const durable = this.#alarms.findLastIndex(({ commit }) => commit <= durableCommit);
    const atMs = this.#alarms[Math.max(0, durable)]?.atMs;
    this.#alarms = [{ commit: 0, atMs }];
    this.#scheduleAlarm();
  }

  #scheduleAlarm(): void {
    this.#alarmEvent?.cancel();
    const atMs = this.#alarms[0]?.atMs;
    if (atMs === undefined) return;
    const atUs = (atMs - epochMs) * 1_000 + this.alarmLateUs;
    this.#alarmEvent = this.world.scheduler.after(
      Math.max(0, atUs - this.world.scheduler.nowUs),
      () => this.#fireAlarm(),
    );
  }

  #fireAlarm(): void {
    if (this.down) {
      this.#alarmEvent = this.world.scheduler.after(alarmBackoffUs, () => this.#fireAlarm());
      return;
    }
    const atMs = this.#alarms[0]?.atMs;
    this.#alarms = [{ commit: 0, atMs: undefined }];
    this.world.say(this.place, "alarm");
    this.#alarmHandled();
    this.receive((member, instance) => {
      const { gate } = instance;
      const commit = gate.lastCommit + 1;
      this.#alarmHandled = instance.onDeath(() => {
        const wrote = gate.lastCommit >= commit;
        const ended = this.world.turns.current !== instance;
        if (!ended || (wrote && gate.durable < commit)) this.#alarmFailed(atMs);
      });
      member.alarm();
    });
  }

  /** The handler did not come to its end: again, with backoff, at most six times. */
  #alarmFailed(atMs: number | undefined): void {
    this.#alarmFailures += 1;
    if (this.#alarmFailures > alarmRetryBound || this.alarmAtMs !== undefined) return;
    this.#alarms = [{ commit: 0, atMs }];
    const waitUs = alarmBackoffUs * 2 ** (this.#alarmFailures - 1);
    this.#alarmEvent?.cancel();
    this.#alarmEvent = this.world.scheduler.after(waitUs, () => this.#fireAlarm());
  }
}
