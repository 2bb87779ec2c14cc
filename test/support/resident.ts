import { readdirSync, readFileSync } from "node:fs";

/** The fields of /proc/<pid>/stat after the name. */
function statOf(pid: string): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    // It has ended.
    return undefined;
  }
}

/**
 * Bytes of memory that workerd has in a process group; undefined where /proc does not say. Of
 * memory that nothing uses any more, V8 and the allocator give back what they like.
 */
function residentBytes(group: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  const pageBytes = 4096;
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const fields = statOf(pid);
    if (Number(fields?.[2]) !== group) continue;
    if (!readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("workerd")) continue;
    if (readFileSync(`/proc/${pid}/comm`, "latin1").trim() !== "workerd") continue;
    return Number(fields?.[21]) * pageBytes;
  }
  return undefined;
}

/** The most of it seen until `end`. */
export class MemoryWatch {
  readonly #group: number;
  readonly #timer: NodeJS.Timeout;
  readonly before: number;
  #peak = 0;

  constructor(group: number) {
    this.#group = group;
    this.before = residentBytes(group) ?? 0;
    // A test that fails does not end it.
    this.#timer = setInterval(() => this.#look(), 50).unref();
  }

  /** Bytes above those at the beginning. */
  end(): number {
    this.#look();
    clearInterval(this.#timer);
    return this.#peak - this.before;
  }

  #look(): void {
    this.#peak = Math.max(this.#peak, residentBytes(this.#group) ?? 0);
  }
}
