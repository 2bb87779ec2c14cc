import type { Prng } from "../../sim/world/random.ts";
import type { MemberProcess } from "../cluster/process.ts";
import type { Victims } from "./victims.ts";

export interface Harm {
  /** Who was harmed. */
  readonly who: string;
  /** Undefined where nothing is left to end. */
  readonly end?: () => Promise<void>;
}

/** One kind of thing that goes wrong. Undefined where nobody is there to be harmed. */
type Fault = (victims: Victims, random: Prng) => Promise<Harm | undefined>;

const kill: Fault = async (victims, random) => killed(victims, oneProcess(victims, random));

const killAll: Fault = async (victims) => killed(victims, victims.all);

const pause: Fault = async (victims, random) => paused(victims, oneProcess(victims, random));

const pauseAll: Fault = async (victims) => paused(victims, victims.all);

/**
 * A member loses its memory and its sockets, in the middle of whatever it does: it resets itself.
 * The platform's own control evicts none that has something under way, as a member always has.
 */
const evict: Fault = async (victims, random) => {
  const member = victims.member(random);
  if (member === undefined) return undefined;
  await victims.cluster.evict(member);
  return { who: `m${member}` };
};

/** All members at once, as a deploy does it. */
const evictAll: Fault = async ({ all, cluster }) => {
  if (all.length === 0) return undefined;
  await Promise.all(cluster.members.map((member) => cluster.evict(member)));
  return { who: "all members" };
};

/** A member and its peers do not hear of each other any more; its clients still reach it. */
const cutOff: Fault = async (victims, random) => {
  const { cluster } = victims;
  const member = victims.member(random);
  if (member === undefined || cluster.isCutOff(member)) return undefined;
  await cluster.cutOff(member);
  return { who: `m${member}`, end: () => cluster.mend(member) };
};

/** All kinds, by the names that reports use. */
export const chaosFaults = {
  kill,
  "kill-all": killAll,
  pause,
  "pause-all": pauseAll,
  evict,
  "evict-all": evictAll,
  "cut-off": cutOff,
} as const satisfies Record<string, Fault>;

export type ChaosFaultKind = keyof typeof chaosFaults;

function oneProcess(victims: Victims, random: Prng): readonly MemberProcess[] {
  const process = victims.process(random);
  return process === undefined ? [] : [process];
}

const namesOf = (processes: readonly MemberProcess[]): string =>
  processes.map(({ name }) => name).join(", ");

/** SIGKILL; they come back on their folders. */
async function killed(
  { cluster }: Victims,
  processes: readonly MemberProcess[],
): Promise<Harm | undefined> {
  if (processes.length === 0) return undefined;
  await Promise.all(processes.map((process) => process.kill()));
  const end = async (): Promise<void> => {
    await Promise.all(processes.map((process) => process.start()));
    await cluster.tellCuts();
  };
  return { who: namesOf(processes), end };
}

/** SIGSTOP: they stand still and their sockets stay open. */
async function paused(
  { cluster }: Victims,
  processes: readonly MemberProcess[],
): Promise<Harm | undefined> {
  if (processes.length === 0) return undefined;
  for (const process of processes) process.pause();
  const end = async (): Promise<void> => {
    for (const process of processes) process.resume();
    await cluster.tellCuts();
  };
  return { who: namesOf(processes), end };
}
