import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Runtime } from "../../support/runtime.ts";
import { until } from "./support/until.ts";

/** A file system of its own, of so many MB; undefined where this machine does not allow it. */
function fileSystem(mb: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "durable-raft-full-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mb}m`, "tmpfs", folder], {
      stdio: "ignore",
    });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  return folder;
}

const folders = [fileSystem(30), fileSystem(30)];
let runtime: Runtime | undefined;
after(async () => {
  await runtime?.kill();
  for (const folder of folders) {
    if (folder === undefined) continue;
    execFileSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true });
  }
});

interface Member {
  readonly phase: string;
  readonly damage: string;
}

const value = "v".repeat(100_000);
const skip = folders.includes(undefined) ? "no file system can be mounted here" : false;

test("a disk that is full is named, reads go on, and there is a way out", { skip }, async () => {
  const [folder] = folders;
  assert.ok(folder);
  runtime = await Runtime.start({ folder, vars: { DEVELOPMENT: "true", MEMBERS: "1" } });
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${runtime?.url}${path}`, init);
    return { status: response.status, text: await response.text() };
  };
  const put = (text: string) => ask("/kv/k", { method: "PUT", body: text });
  const members = async () => {
    const { text } = await ask("/cluster");
    return (JSON.parse(text) as { members: readonly Member[] }).members;
  };
  let taken = 0;
  let last = await put(value);
  for (; last.status === 200; last = await put(`${taken} ${value}`)) taken += 1;
  assert.ok(taken > 30, `${taken} writes`);
  assert.match(last.text, /disk of a member is full/);

  for (const restarted of [false, true]) {
    if (restarted) {
      runtime = await runtime.restart();
      await put(value);
    }
    await until("the member says that its disk is full", 30_000, async () => {
      const [member] = await members();
      return member?.phase === "full" && /disk .* is full/.test(member.damage) ? true : undefined;
    });
    const { status, text } = await ask("/health");
    assert.deepEqual([status, JSON.parse(text).reason], [503, "DISK FULL of member 1"]);
    const read = await ask("/kv/k?consistency=serializable");
    assert.equal(read.status, 200, read.text.slice(0, 300));
    assert.match(read.text, /^[0-9]+ v+$/);
    const refused = await put("small");
    assert.deepEqual([refused.status, /disk of a member is full/.test(refused.text)], [503, true]);
  }

  execFileSync("mount", ["-o", "remount,size=100m", folder]);
  await until("the member goes on by itself", 30_000, async () => {
    const [member] = await members();
    return member?.phase === "ready" && member.damage === "" ? true : undefined;
  });
  assert.equal((await put("there is room")).status, 200);
  assert.equal((await ask("/kv/k")).text, "there is room");
  assert.equal((await ask("/health")).status, 200);
});

test("within its quota a disk never fills, however often history does", { skip }, async () => {
  await runtime?.kill();
  const [, folder] = folders;
  assert.ok(folder);
  const vars = { DEVELOPMENT: "true", MEMBERS: "1", QUOTA_BACKEND_BYTES: "3000000" };
  runtime = await Runtime.start({ folder, vars });
  const post = async (path: string, body: object) => {
    const init = { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`${runtime?.url}/v3/${path}`, init);
    return { status: response.status, text: await response.text() };
  };
  const put = () => post("kv/put", { key: "aw==", value: Buffer.from(value).toString("base64") });
  // Each time the quota's worth of history: in all it is several times the disk.
  for (let round = 0; round < 12; round++) {
    let taken = 0;
    let last = await put();
    for (; last.status === 200 && taken < 120; last = await put()) taken += 1;
    assert.ok(taken >= 25 && taken <= 40, `${taken} writes in round ${round}: ${last.text}`);
    assert.match(last.text, /mvcc: database space exceeded/);
    const { header } = JSON.parse((await post("kv/range", { key: "aw==" })).text);
    assert.equal((await post("kv/deleterange", { key: "aw==" })).status, 200);
    assert.equal((await post("kv/compaction", { revision: header.revision })).status, 200);
    const { alarms } = JSON.parse((await post("maintenance/alarm", { action: "GET" })).text);
    const disarm = { action: "DEACTIVATE", alarm: "NOSPACE", memberID: alarms[0].memberID };
    assert.equal((await post("maintenance/alarm", disarm)).status, 200);
  }
});
