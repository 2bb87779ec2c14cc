/** What JSON can cost before and after its sender is trusted. */
import type { Attack, Stage } from "../attack.ts";
import { ask, each } from "../harness/http.ts";
import { Meter } from "../harness/meter.ts";
import { WebSocketClient } from "../harness/socket.ts";
import { bearer, stranger, type Target } from "../harness/target.ts";

const token = "the deployment's token";
const bodyBytes = 4_000_000;
const frameCount = 100_000;
const framesMs = 12_000;

const filled = (part: string, bytes: number): string =>
  part.repeat(Math.floor(bytes / part.length));
const list = (part: string, bytes: number): string => `{"x":[${filled(`${part},`, bytes - 20)}1]}`;

/** Texts of about so many bytes that are much work for one who reads them carelessly. */
function shapes(bytes: number): Readonly<Record<string, string>> {
  const digits = filled("7", bytes - 60);
  return {
    numbers: list("1", bytes),
    "empty objects": list("{}", bytes),
    "empty arrays": list("[]", bytes),
    "empty strings": list('""', bytes),
    "objects of one member": list('{"a":1}', bytes),
    "literals of each kind": list("true,false,null", bytes),
    "deep values side by side": list(`${"[".repeat(390)}${"]".repeat(390)}`, bytes),
    "too deep": `{"x":${filled("[", bytes)}`,
    "members of one name": `{${filled('"key":"",', bytes - 20)}"x":1}`,
    backslashes: `{"x":"${filled("\\\\", bytes - 20)}"}`,
    "escaped quotes": `{"x":"${filled('\\"', bytes - 20)}"}`,
    "escapes of unicode": `{"x":"${filled("\\u0041", bytes - 20)}"}`,
    "a string that does not end": `{"x":"${filled("\\", bytes - 20)}`,
    "a long number": `{"x":${digits}}`,
    "a long number for an integer": `{"key":"YQ==","revision":${digits}}`,
    "a long text for an integer": `{"key":"YQ==","revision":"${digits}"}`,
    "a long exponent": `{"key":"YQ==","limit":1e${digits}}`,
    "a large exponent": `{"key":"YQ==","limit":1e999999999}`,
    "white space": `{"x":${filled(" \n\t\r", bytes)}1}`,
    "base64 that is none": `{"key":"${filled("AAA ", bytes - 20)}"}`,
    "a value for an enum": `{"key":"YQ==","sort_order":"${filled("A", bytes - 60)}"}`,
  };
}

/** What is answered behind any value that was none of a request. */
const asked = JSON.stringify({ create_request: { key: "YQ==" } });

/** One value in very many frames: its beginning, each frame, and its end. */
const streams: Readonly<Record<string, readonly [string, string, string]>> = {
  "a string": ['{"create_request":{"key":"', "AAAA", '"}}'],
  "an array": ['{"x":[', "[],", "1]}"],
  members: ["{", '"x":1,', '"y":1}'],
  backslashes: ['{"x":"', "\\\\", '"}'],
  digits: ['{"create_request":{"start_revision":', "1", "}}"],
  nothing: ['{"x":', "", "1}"],
};

async function untrusted(target: Target, stage: Stage): Promise<void> {
  const { report } = stage;
  const bystander = target.bystander();
  const meter = await Meter.start(target, report, bystander);
  const url = `${target.url}/v3/auth/authenticate`;
  const send = (body: string) => ask(url, { body, headers: stranger, timeoutMs: 10_000 });
  const small = await send('{"name":"a","password":"b"}');
  let taken = 0;
  for (const kilobytes of [8, 16, 64]) {
    const pad = "p".repeat(kilobytes * 1_000);
    // Whoever reads it answers as to a small one.
    const { text, status } = await send(JSON.stringify({ name: "a", password: "b", pad }));
    if (status === small.status && text === small.text) taken += 1;
  }
  report.figure("bodies of 8, 16 and 64 kB from strangers that were read", taken);
  const all = Object.values(shapes(bodyBytes));
  let bytes = 0;
  const seconds = await meter.cpuOf(async () => {
    for (const body of all) {
      await send(body);
      bytes += body.length;
    }
  });
  report.figure("untrusted bodies: cpu for a megabyte", seconds / (bytes / 1e6));
  report.figure("untrusted bodies: memory above idle", meter.peakBytes);
  await meter.end();
}

async function trusted(target: Target, stage: Stage): Promise<void> {
  const { report } = stage;
  const meter = await Meter.start(target, report, target.bystander());
  const all = Object.entries(shapes(bodyBytes));
  const send = (body: string) => target.ask("/v3/kv/range", { body, timeoutMs: 20_000 });
  for (const [name, body] of all) {
    const seconds = await meter.cpuOf(() => send(body));
    const each = seconds / (bodyBytes / 1e6);
    if (each > 0.05) report.note(`${name}: ${each.toFixed(2)} s for a megabyte`);
    report.highest("trusted bodies, one at a time: cpu for a megabyte, worst shape", each);
  }
  report.figure("trusted bodies, one at a time: memory above idle", meter.peakBytes);
  await each(all.length, all.length, async (i) => void (await send(all[i]?.[1] ?? "")));
  report.figure("trusted bodies of all shapes at once: memory above idle", meter.peakBytes);
  await meter.end();
}

/** Seconds of CPU for one value in many frames, until it was answered or given up. */
async function frames(target: Target, stage: Stage, name: string): Promise<boolean> {
  const { report } = stage;
  const meter = await Meter.start(target, report, target.bystander());
  const [begin, part, end] = streams[name] ?? ["", "", ""];
  let answered = false;
  const seconds = await meter.cpuOf(async () => {
    const socket = await WebSocketClient.open(`${target.url}/v3/watch`, target.headers);
    const until = performance.now() + framesMs;
    void socket?.send([begin, ...new Array<string>(frameCount).fill(part), end, asked]);
    answered = (await socket?.heard(1, until - performance.now())) ?? true;
    socket?.leave();
  }, 500);
  const told = answered ? "" : ", and was not done";
  report.note(`${name} in 100,000 frames: ${seconds.toFixed(2)} s${told}`);
  report.highest("a value in 100,000 frames: cpu, worst shape", seconds);
  await meter.end();
  return answered;
}

async function run(stage: Stage): Promise<void> {
  const options = { vars: { TOKEN: token }, headers: bearer(token) };
  let target = await stage.start(options);
  await target.ready();
  await untrusted(target, stage);
  await trusted(target, stage);
  for (const name of Object.keys(streams)) {
    if (await frames(target, stage, name)) continue;
    // It may be busy for long.
    await target.kill();
    target = await stage.start(options);
    await target.ready();
  }
}

export const json: Attack = {
  id: "2",
  name: "json",
  what: "bodies, and values in small frames, that cost more than their bytes",
  limitMs: 150_000,
  run,
};
