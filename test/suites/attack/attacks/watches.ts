/** One client that takes all the watches it can get, and another that wants one. */
import { b } from "../../../support/base64.ts";
import type { Attack, Report, Stage } from "../attack.ts";
import { each, Held, sleep } from "../harness/http.ts";
import { Meter } from "../harness/meter.ts";
import { WebSocketClient } from "../harness/socket.ts";
import { stranger, type Target } from "../harness/target.ts";

const mostStreams = 4_600;
const mostWatches = 12_000;
const watchesAtOnce = 250;
const partMs = 25_000;
const eventMs = 5_000;
const refusalsInARow = 20;

/** Whether a client that did nothing else sees an event of its own watch, by each way. */
async function canWatch(target: Target, report: Report): Promise<number> {
  const socket = await WebSocketClient.open(`${target.url}/v3/watch`, target.headers, eventMs);
  const create_request = { key: b("wanted") };
  await socket?.send([JSON.stringify({ create_request })]);
  await socket?.heard(1, eventMs);
  const first = socket?.texts[0] ?? "nothing";
  if (!first.includes('"created":true')) report.note(`a watch was answered ${first}`);
  await target.put("wanted", "v", eventMs);
  await socket?.heard(2, eventMs);
  const seen = socket?.texts[1]?.includes('"mod_revision"') ?? false;
  socket?.leave();
  const headers = { ...target.headers, accept: "text/event-stream" };
  const events = new Held(`${target.url}/kv/wanted`, { headers });
  const status = await Promise.race([events.status, sleep(eventMs).then(() => 0)]);
  events.leave();
  if (status !== 200) report.note(`events were answered ${status}`);
  return seen && status === 200 ? 1 : 0;
}

/** Opens streams until they are refused. */
async function streams(target: Target, report: Report): Promise<readonly WebSocketClient[]> {
  const open: WebSocketClient[] = [];
  const until = performance.now() + partMs;
  let got = 0;
  let refused = 0;
  let last = "";
  await each(mostStreams, 64, async (i) => {
    const socket = await WebSocketClient.open(`${target.url}/v3/watch`, stranger);
    if (socket !== undefined) {
      open.push(socket);
      await socket.send([JSON.stringify({ create_request: { key: b(`k${i}`) } })]);
      await socket.heard(1, eventMs);
    }
    const answer = socket?.texts[0] ?? "no upgrade";
    const good = answer.includes('"created":true') && !answer.includes('"canceled":true');
    if (good) got += 1;
    if (!good) last = answer;
    refused = good ? 0 : refused + 1;
    return refused < refusalsInARow && performance.now() < until;
  });
  report.note(
    `one client has ${got} streams; ${last === "" ? "it was not refused" : last.slice(0, 200)}`,
  );
  report.figure("streams that one client got", got);
  return open;
}

/** Creates watches on one socket until they are refused. */
async function watchers(target: Target, report: Report): Promise<readonly WebSocketClient[]> {
  const until = performance.now() + partMs;
  const socket = await WebSocketClient.open(`${target.url}/v3/watch`, stranger);
  if (socket === undefined) throw new Error("no WebSocket");
  let created = 0;
  let last = "";
  while (created < mostWatches && !socket.ended && performance.now() < until) {
    const before = socket.texts.length;
    const requests = Array.from({ length: watchesAtOnce }, (_, i) =>
      JSON.stringify({ create_request: { key: b(`w${created + i}`) } }),
    );
    await socket.send(requests);
    await socket.heard(before + watchesAtOnce, eventMs);
    const answers = socket.texts.slice(before);
    const good = answers.filter((text) => {
      const taken = text.includes('"created":true') && !text.includes('"canceled":true');
      if (!taken) last = text;
      return taken;
    });
    created += good.length;
    if (good.length === 0) break;
  }
  report.note(
    `one socket has ${created} watches; ${last === "" ? "none was refused" : last.slice(0, 200)}`,
  );
  report.figure("watches that one socket got", created);
  return [socket];
}

async function run(stage: Stage): Promise<void> {
  const { report } = stage;
  const target = await stage.start({ vars: { DEVELOPMENT: "true" } });
  await target.ready();
  const parts = { streams, watchers } as const;
  for (const [name, take] of Object.entries(parts)) {
    const meter = await Meter.start(target, report, target.bystander());
    const taken = await take(target, report);
    report.figure(
      `another client can watch beside all the ${name}`,
      await canWatch(target, report),
    );
    report.figure(`all the ${name}: memory above idle`, meter.peakBytes);
    for (const socket of taken) socket.leave();
    // An answer whose client has gone ends with the next event at the latest.
    for (let i = 0; i < 2; i++) await target.put("wanted", "v");
    await sleep(4_000);
    await meter.end();
  }
}

export const watches: Attack = {
  id: "7",
  name: "watches",
  what: "one client takes all the streams and watches that it gets; another wants one",
  limitMs: 120_000,
  run,
};
