/** The thread of a bystander: it must not wait for what the attackers' thread is busy with. */
import { parentPort, workerData } from "node:worker_threads";
import type { BystanderOptions, BystanderWords, Seen } from "./bystander.ts";
import { ask, sleep } from "./http.ts";

const { url, headers, paceMs } = workerData as BystanderOptions;
const attemptMs = 10_000;

let seen: Seen = fresh();
let goesOn = true;
/** When the put that is under way was begun; undefined between two. */
let putSinceMs: number | undefined;
let readSinceMs: number | undefined;

function fresh(): Seen {
  return { puts: 0, reads: 0, refusals: 0, longestPutMs: 0, longestReadMs: 0, lastRefusal: "" };
}

/** Tries until it is answered with 200: that is what its caller has to wait. */
async function insist(path: string, body: string | undefined): Promise<boolean> {
  while (goesOn) {
    const given = body === undefined ? { method: "GET" } : { method: "PUT", body };
    const answer = await ask(`${url}${path}`, { ...given, headers, timeoutMs: attemptMs });
    if (answer.status === 200) return true;
    seen.refusals += 1;
    seen.lastRefusal = `${answer.status} ${answer.text.slice(0, 200)}`;
    await sleep(paceMs);
  }
  return false;
}

async function live(): Promise<void> {
  for (let i = 0; goesOn; i++) {
    putSinceMs = performance.now();
    if (!(await insist("/kv/bystander", `value ${i}`))) return;
    seen.puts += 1;
    noteWaits();
    putSinceMs = undefined;
    readSinceMs = performance.now();
    if (!(await insist("/kv/bystander", undefined))) return;
    seen.reads += 1;
    noteWaits();
    readSinceMs = undefined;
    await sleep(paceMs);
  }
}

/** What is under way has waited, too. */
function noteWaits(): void {
  const now = performance.now();
  const waited = (sinceMs: number | undefined) => now - (sinceMs ?? now);
  seen.longestPutMs = Math.max(seen.longestPutMs, waited(putSinceMs));
  seen.longestReadMs = Math.max(seen.longestReadMs, waited(readSinceMs));
}

parentPort?.on("message", (word: BystanderWords) => {
  noteWaits();
  parentPort?.postMessage(seen);
  seen = fresh();
  if (word === "stop") {
    goesOn = false;
    parentPort?.close();
  }
});

await live();
