/** History that fills the quota, and a disk that is full: there is a way out of both. */
import { b } from "../../../support/base64.ts";
import type { Attack, Report, Stage } from "../attack.ts";
import { sleep } from "../harness/http.ts";
import { Meter } from "../harness/meter.ts";
import { SmallDisk } from "../harness/small-disk.ts";
import type { Target } from "../harness/target.ts";

const valueBytes = 100_000;
const quota = 3_000_000;
const diskMegabytes = 30;
const largerMegabytes = 120;
const key = b("overwritten");
const value = b("v".repeat(valueBytes));
/** Without a refusal there is no bound. */
const mostPuts = 600;
const answerMs = 10_000;
const recoveryMs = 30_000;

const small = { DEVELOPMENT: "true" };

interface Refused {
  readonly taken: number;
  readonly reason: string;
}

/** Overwrites one key until it is refused again and again. */
async function overwrite(target: Target): Promise<Refused> {
  let taken = 0;
  let reason = "it was never refused";
  let refusals = 0;
  while (taken < mostPuts && refusals < 3) {
    const put = await target.post("/v3/kv/put", { key, value }, { timeoutMs: answerMs });
    if (put.status === 200) {
      taken += 1;
      refusals = 0;
      continue;
    }
    refusals += 1;
    reason = `${put.status} ${put.text}`;
    await sleep(300);
  }
  return { taken, reason };
}

/** 1 where it holds within the time, 0 where it does not. */
async function holds(
  target: Target,
  deadlineMs: number,
  look: () => Promise<boolean>,
): Promise<number> {
  return (await target.until(deadlineMs, look)) === undefined ? 0 : 1;
}

const reads = (target: Target, serializable: boolean) => async () => {
  const read = await target.post("/v3/kv/range", { key, serializable }, { timeoutMs: 3_000 });
  return read.status === 200 && read.text.includes('"kvs"');
};

const space = /NOSPACE|no space|space exceeded|disk is full|full/i;

/** How the cluster tells people that it has no room. */
async function named(target: Target): Promise<Record<"health" | "status", boolean>> {
  const health = await target.ask("/health", { timeoutMs: 5_000 });
  const status = await target.post("/v3/maintenance/status", {}, { timeoutMs: 5_000 });
  const overview = await target.ask("/cluster", { timeoutMs: 5_000 });
  return {
    health: health.status === 503 && space.test(health.text),
    status: space.test(status.text) || /"damage": "[^"]*(?:space|full)/i.test(overview.text),
  };
}

/** Drops history; true once it was taken. */
async function compact(target: Target): Promise<boolean> {
  const range = await target.post(
    "/v3/kv/range",
    { key, serializable: true },
    { timeoutMs: 3_000 },
  );
  const revision = /"revision":"([0-9]+)"/.exec(range.text)?.[1];
  if (range.status !== 200 || revision === undefined) return false;
  const body = { revision, physical: true };
  const done = await target.post("/v3/kv/compaction", body, { timeoutMs: answerMs });
  return done.status === 200 || done.text.includes("has been compacted");
}

/** What an operator does when there is room again. */
async function disarm(target: Target): Promise<void> {
  const { text } = await target.post("/v3/maintenance/alarm", {}, { timeoutMs: 3_000 });
  for (const [, memberID, alarm] of text.matchAll(/"memberID":"([0-9]+)","alarm":"(\w+)"/g)) {
    const body = { action: "DEACTIVATE", memberID, alarm };
    await target.post("/v3/maintenance/alarm", body, { timeoutMs: 3_000 });
  }
}

/** Seconds until a put is taken; the alarm is disarmed again and again. */
async function takesPuts(target: Target): Promise<number> {
  const ms = await target.until(recoveryMs, async () => {
    await disarm(target);
    return (await target.put("small", "v", 3_000)).status === 200;
  });
  return (ms ?? recoveryMs) / 1_000;
}

async function fullQuota(stage: Stage): Promise<void> {
  const { report } = stage;
  const vars = { ...small, QUOTA_BACKEND_BYTES: String(quota) };
  const target = await stage.start({ vars });
  await target.ready();
  const meter = await Meter.start(target, report);
  const { taken, reason } = await overwrite(target);
  report.note(`quota: ${taken} were taken, then ${reason.slice(0, 160)}`);
  report.figure("quota of 3 MB: overwrites of 100 kB that were taken", taken);
  const alarms = await target.post("/v3/maintenance/alarm");
  report.figure("quota: NOSPACE shows", Number(alarms.text.includes("NOSPACE")));
  const { health } = await named(target);
  report.figure("quota: /health says so", Number(health));
  report.figure("quota: reads go on", await holds(target, 3_000, reads(target, false)));
  report.figure("quota: a compaction is taken", await holds(target, 5_000, () => compact(target)));
  report.figure("quota: puts are taken again after", await takesPuts(target));
  await meter.end();
  await target.kill();
}

const diskFigures = {
  taken: "full disk: overwrites of 100 kB that were taken",
  health: "full disk: /health names it",
  status: "full disk: status names it",
  refusal: "full disk: the refusal names it",
  linearizable: "full disk: linearizable reads go on",
  serializable: "full disk: serializable reads go on",
  deletion: "full disk: a deletion is taken",
  compaction: "full disk: a compaction is taken",
  again: "full disk: after them puts are taken again after",
  readsAgain: "full disk, started again: reads go on",
  room: "full disk, started again, with more room: puts are taken again after",
} as const;

async function wayOut(target: Target, report: Report): Promise<void> {
  const { taken, reason } = await overwrite(target);
  report.note(`disk: ${taken} were taken, then ${reason.slice(0, 160)}`);
  report.figure(diskFigures.taken, taken);
  report.figure(diskFigures.refusal, Number(space.test(reason)));
  for (const what of ["health", "status"] as const) {
    const tells = async () => (await named(target))[what];
    report.figure(diskFigures[what], await holds(target, 5_000, tells));
  }
  report.figure(diskFigures.linearizable, await holds(target, answerMs, reads(target, false)));
  report.figure(diskFigures.serializable, await holds(target, answerMs, reads(target, true)));
  report.figure(diskFigures.compaction, await holds(target, answerMs, () => compact(target)));
  const deletion = async () => {
    const range = { key: b("small"), range_end: b("smallest") };
    return (await target.post("/v3/kv/deleterange", range, { timeoutMs: 5_000 })).status === 200;
  };
  report.figure(diskFigures.deletion, await holds(target, answerMs, deletion));
  report.figure(diskFigures.again, await takesPuts(target));
}

async function fullDisk(stage: Stage): Promise<void> {
  const { report } = stage;
  const disk = SmallDisk.mount(diskMegabytes);
  if (typeof disk === "string") {
    report.skip(Object.values(diskFigures), disk);
    return;
  }
  try {
    const target = await stage.start({ vars: small, folder: disk.folder });
    await target.ready();
    const meter = await Meter.start(target, report);
    await wayOut(target, report);
    await meter.end();
    const { taken, reason } = await overwrite(target);
    report.note(`disk, once more: ${taken} were taken, then ${reason.slice(0, 160)}`);
    await target.restart();
    const both = async () => (await reads(target, false)()) && (await reads(target, true)());
    report.figure(diskFigures.readsAgain, await holds(target, recoveryMs, both));
    disk.grow(largerMegabytes);
    report.figure(diskFigures.room, await takesPuts(target));
    await target.kill();
  } finally {
    disk.end();
  }
}

async function run(stage: Stage): Promise<void> {
  await fullQuota(stage);
  await fullDisk(stage);
}

export const disk: Attack = {
  id: "8",
  name: "disk",
  what: "one key overwritten until the quota, or a file system of 30 MB, is full",
  limitMs: 240_000,
  run,
};
