/** A member's database file is damaged while nothing runs, and workerd starts on it. */
import assert from "node:assert/strict";
import { readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { type ClusterOverview, DeployedCluster, RefusedError } from "./support/cluster.ts";
import { until } from "./support/until.ts";

after(DeployedCluster.stopAll);

const members = [1, 2, 3];
const damagedMember = 2;

/** A cluster with snapshots in every member, killed, and the file of one of its members. */
async function killed() {
  const cluster = await DeployedCluster.breakable({ SNAPSHOT_COUNT: "20" });
  await cluster.voters(members);
  await cluster.put("a", "right");
  for (let i = 0; i < 80; i++) await cluster.put(`filler${i % 20}`, `${i}`);
  await cluster.level(members);
  await until("snapshots", 20_000, async () => {
    const { members: all } = await cluster.overview();
    return all.every(({ snapshots }) => snapshots.length === 2) || undefined;
  });
  await cluster.kill();
  return { cluster, file: fileOf(cluster.folder, damagedMember) };
}

/** The database that says it is this member's. */
function fileOf(folder: string, member: number): string {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  for (const name of files.filter((each) => each.endsWith(".sqlite"))) {
    const path = join(folder, name);
    const database = new DatabaseSync(path);
    try {
      const row = database.prepare("SELECT value FROM member WHERE key = 'member'").get();
      if (Number(row?.value) === member) return path;
    } catch {
      // The runtime's own.
    } finally {
      database.close();
    }
  }
  throw new Error(`no database of member ${member} in ${folder}`);
}

function change(file: string, use: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(file);
  use(database);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}

function baseOf(database: DatabaseSync): string {
  const query = "SELECT name FROM sqlite_master WHERE name GLOB 'kv_[0-9]*'";
  return String(database.prepare(query).get()?.name);
}

const damages: [string, (file: string) => void, RegExp][] = [
  [
    "a value in a row",
    (file) =>
      change(file, (database) => {
        const update = `UPDATE ${baseOf(database)} SET value = ? WHERE key = ?`;
        const bytes = (text: string) => new TextEncoder().encode(text);
        const { changes } = database.prepare(update).run(bytes("wrong"), bytes("a"));
        assert.equal(Number(changes), 1);
      }),
    /StorageDamagedError in kv_\d+: .*sum/,
  ],
  [
    "the end of the file",
    (file) => {
      change(file, () => undefined);
      truncateSync(file, 12_288);
    },
    // The platform itself cannot open it: no code of ours ever runs in that object.
    /internal error/,
  ],
  [
    "a table",
    (file) => change(file, (database) => database.exec(`DROP TABLE ${baseOf(database)}`)),
    /no such table: kv_\d+/,
  ],
  [
    "the cluster's id",
    (file) =>
      change(file, (database) => {
        database.exec("UPDATE member SET value = '00000000000000aa' WHERE key = 'clusterId'");
      }),
    /identity was changed/,
  ],
];

for (const [what, damage, reason] of damages) {
  test(`${what} is damaged: it is said, no wrong value is told, others go on`, async () => {
    const { cluster, file } = await killed();
    damage(file);
    await cluster.restart();
    await until("writes", 30_000, () => cluster.put("b", "1").catch(() => undefined));
    const found = await until("the reason", 20_000, async () => reasonIn(await cluster.overview()));
    assert.match(found, reason);
    for (const first of members) {
      const value = await cluster.get("a", first).catch((error: unknown) => {
        if (first === damagedMember && error instanceof RefusedError) return "right";
        throw error;
      });
      assert.equal(value, "right");
    }
    assert.equal(await cluster.get("filler19"), "79");
    assert.ok((await cluster.put("c", "1")) > 0);
    await cluster.stop();
  });
}

/** What the cluster says of the damaged member; undefined while it says nothing. */
function reasonIn({ members: all, unreachable = [] }: Overview): string | undefined {
  const stopped = all.find(({ id, phase }) => id === damagedMember && phase === "stopped");
  return stopped?.damage ?? unreachable.find(({ id }) => id === damagedMember)?.reason;
}

type Overview = ClusterOverview & { readonly unreachable?: readonly Unreachable[] };
interface Unreachable {
  readonly id: number;
  readonly reason: string;
}
