/** What Linux tells of a process, in /proc. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Of the kernel's clock ticks in /proc: USER_HZ, the same on every Linux that Node runs on. */
const ticksPerSecond = 100;

export interface ProcessStat {
  readonly command: string;
  readonly group: number;
  /** User and system, of all threads. */
  readonly cpuSeconds: number;
}

/** /proc/<pid>/stat, proc_pid_stat(5). The command stands in brackets, and may hold any byte. */
export function parseStat(text: string): ProcessStat {
  const end = text.lastIndexOf(")");
  const command = text.slice(text.indexOf("(") + 1, end);
  const fields = text.slice(end + 2).split(" ");
  const number = (at: number): number => {
    const value = Number(fields[at]);
    if (!Number.isFinite(value)) throw new Error(`no number at ${at} of ${text}`);
    return value;
  };
  // The state is field 3 of the manual; the group is 5, utime 14, stime 15.
  return { command, group: number(2), cpuSeconds: (number(11) + number(12)) / ticksPerSecond };
}

export interface ProcessMemory {
  readonly residentBytes: number;
  /** The most it was since the process began, or since `forgetPeak`. */
  readonly peakBytes: number;
}

/** /proc/<pid>/status, proc_pid_status(5). */
export function parseMemory(text: string): ProcessMemory {
  const bytes = (field: string): number => {
    const found = new RegExp(`^${field}:\\s*([0-9]+) kB$`, "m").exec(text)?.[1];
    if (found === undefined) throw new Error(`no ${field} in ${text.slice(0, 200)}`);
    return Number(found) * 1_024;
  };
  return { residentBytes: bytes("VmRSS"), peakBytes: bytes("VmHWM") };
}

const read = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, "latin1");

export const cpuSecondsOf = (pid: number): number => parseStat(read(pid, "stat")).cpuSeconds;
/** Seconds that its first thread, where a Worker runs, was ready to run and had no core. */
export function waitedForCoreSeconds(pid: number): number {
  // Nanoseconds on a core, nanoseconds of waiting for one, and how often.
  return Number(read(pid, "schedstat").split(" ")[1]) / 1e9;
}
export const memoryOf = (pid: number): ProcessMemory => parseMemory(read(pid, "status"));
export const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** From now on the peak is that of what follows. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** The process with this name in a group. Throws where there is none. */
export function processIn(group: number, command: string): number {
  for (const name of readdirSync("/proc")) {
    if (!/^[0-9]+$/.test(name)) continue;
    let stat: ProcessStat;
    try {
      stat = parseStat(read(Number(name), "stat"));
    } catch (error) {
      // It has ended since.
      if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) continue;
      throw error;
    }
    if (stat.group === group && stat.command === command) return Number(name);
  }
  throw new Error(`no ${command} in the process group ${group}`);
}
