/** What a stretch of an attack cost its target. */
import type { Report } from "../attack.ts";
import type { Bystander, Seen } from "./bystander.ts";
import { closeIdle, sleep } from "./http.ts";
import type { Target } from "./target.ts";

/** The costs that every attack reports, as the table of bounds names them. */
export const costs = {
  cpu: "cpu of workerd, all of it",
  peak: "memory above idle, at its peak",
  final: "memory above idle, in the end",
  descriptors: "descriptors above idle, in the end",
  disk: "bytes on disk",
  objects: "durable objects made",
  streams: "watch streams left",
  watchers: "watchers left",
  put: "a bystander's longest wait for a put",
  read: "a bystander's longest wait for a read",
} as const;

export interface Stretch {
  readonly peakBytes: number;
  readonly longestPutMs: number;
}

const calibrationMs = 1_000;
/** For connections that were ended to be gone. */
const goneMs = 200;

export class Meter {
  readonly #target: Target;
  readonly #report: Report;
  readonly #bystander: Bystander | undefined;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #idleBytes: number;
  /** Of the stretches that are over. */
  #peakBytes = 0;
  readonly #idleDescriptors: number;
  readonly #cpuAtStart: number;
  /** Seconds of CPU a second, of clocks and the bystander alone. */
  readonly #idleRate: number;

  private constructor(
    target: Target,
    report: Report,
    bystander: Bystander | undefined,
    headers: Readonly<Record<string, string>>,
    idleRate: number,
  ) {
    this.#target = target;
    this.#report = report;
    this.#bystander = bystander;
    this.#headers = headers;
    this.#idleRate = idleRate;
    this.#idleBytes = target.residentBytes;
    this.#idleDescriptors = target.descriptors;
    this.#cpuAtStart = target.cpuSeconds;
  }

  /**
   * Begins to measure a target that does nothing now.
   *
   * @param headers with which its status may be asked for, where those of the target are not enough
   */
  static async start(
    target: Target,
    report: Report,
    bystander?: Bystander,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Meter> {
    await bystander?.tell();
    const before = target.cpuSeconds;
    await sleep(calibrationMs);
    const idleRate = (target.cpuSeconds - before) / (calibrationMs / 1_000);
    await bystander?.tell();
    target.forgetPeak();
    return new Meter(target, report, bystander, headers, idleRate);
  }

  /** Seconds of CPU that `work` took, with all that it left to be done, above those of idleness. */
  async cpuOf(work: () => Promise<unknown>, settleMs = 10_000): Promise<number> {
    const begun = performance.now();
    const before = this.#target.cpuSeconds;
    await work();
    await this.#target.settle(settleMs);
    const seconds = (performance.now() - begun) / 1_000;
    return Math.max(0, this.#target.cpuSeconds - before - seconds * this.#idleRate);
  }

  /** Since the beginning. */
  get peakBytes(): number {
    return Math.max(this.#peakBytes, this.#target.peakBytes - this.#idleBytes);
  }

  get residentBytes(): number {
    return Math.max(0, this.#target.residentBytes - this.#idleBytes);
  }

  /** What happened since this was asked last: the peak, and the bystander's longest waits. */
  async stretch(): Promise<Stretch> {
    const seen = await this.#bystander?.tell();
    this.#note(seen);
    const peakBytes = Math.max(0, this.#target.peakBytes - this.#idleBytes);
    this.#peakBytes = Math.max(this.#peakBytes, peakBytes);
    this.#target.forgetPeak();
    return { peakBytes, longestPutMs: seen?.longestPutMs ?? 0 };
  }

  #note(seen: Seen | undefined): void {
    if (seen === undefined) return;
    this.#report.highest(costs.put, seen.longestPutMs);
    this.#report.highest(costs.read, seen.longestReadMs);
    if (seen.refusals > 0) this.#report.note(`bystander refused: ${seen.lastRefusal}`);
  }

  /** Reports all costs, and ends the bystander. Several meters of one attack add up. */
  async end(): Promise<void> {
    const { peak, final, descriptors, disk, objects, streams, watchers } = costs;
    const report = this.#report;
    report.sum(costs.cpu, this.#target.cpuSeconds - this.#cpuAtStart);
    report.highest(peak, this.peakBytes);
    report.highest(final, this.residentBytes);
    closeIdle();
    await sleep(goneMs);
    report.highest(descriptors, this.#target.descriptors - this.#idleDescriptors);
    const { bytes, made } = this.#target.storage;
    report.highest(disk, bytes);
    report.highest(objects, made);
    this.#note(await this.#bystander?.stop());
    const gauge = (name: string) => this.#target.gauge(name, this.#headers);
    report.highest(streams, await gauge("etcd_debugging_mvcc_watch_stream_total"));
    report.highest(watchers, await gauge("etcd_debugging_mvcc_watcher_total"));
  }
}
