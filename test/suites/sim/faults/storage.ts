import type { SimulatedCluster } from "../cluster.ts";
import type { MemberObject } from "../world/object.ts";
import type { Prng } from "../world/random.ts";
import type { Fault } from "./fault.ts";

/** Commits of one object take many times as long. */
export const slowDisk: Fault = (cluster, random) => {
  const { disk } = cluster.objectAt(cluster.victim(random));
  if (disk.slowness > 1) return false;
  disk.slowness = random.between(5, 100);
  return () => {
    disk.slowness = 1;
  };
};

/** The next commit of one object fails. */
export const commitFails: Fault = (cluster, random) => {
  const object = cluster.objectAt(cluster.victim(random));
  if (object.live === undefined) return false;
  object.disk.failing = 1;
  return undefined;
};

/** Changes one byte of a row. Only while there is no instance. */
function corrupt(object: MemberObject, random: Prng, table: string, id: number): void {
  const { sql } = object.database;
  const key = table === "snap" ? "id" : "seq";
  const row = sql.exec<{ data: ArrayBuffer }>(`SELECT data FROM ${table} WHERE ${key} = ?`, id);
  const data = new Uint8Array(row.one().data).slice();
  const at = random.below(data.length);
  data[at] = (data[at] ?? 0) ^ (1 << random.below(8));
  sql.exec(`UPDATE ${table} SET data = ? WHERE ${key} = ?`, data, id);
  object.database.commit();
}

function rows(object: MemberObject, query: string): number[] {
  return object.database.sql
    .exec(query)
    .toArray()
    .map((row) => Number(Object.values(row)[0]));
}

/** A member whose process can be ended now, so that its storage can be touched. */
function stopped(cluster: SimulatedCluster, random: Prng): MemberObject | undefined {
  const object = cluster.objectAt(cluster.victim(random));
  if (object.live !== undefined) object.lose(object.live, "crash");
  return object;
}

/**
 * A byte of the newest snapshot record changes. With an older one there, nothing is lost: the
 * member falls back to it and replays more.
 */
export const damagedSnapshot: Fault = (cluster, random) => {
  const object = stopped(cluster, random);
  if (object === undefined || !corruptNewestSnapshot(object, random)) return false;
  cluster.poke(object);
  return undefined;
};

/** False, and nothing changed, where there is no older record. */
function corruptNewestSnapshot(object: MemberObject, random: Prng): boolean {
  if (!hasTable(object, "snap")) return false;
  const records = rows(object, "SELECT id FROM snap WHERE name NOT LIKE '%.broken' ORDER BY id");
  const newest = records.at(-1);
  if (newest === undefined || records.length < 2) return false;
  corrupt(object, random, "snap", newest);
  return true;
}

/**
 * The next member that has installed a snapshot dies, and the record of that snapshot is damaged
 * where there is another to fall back to: there must not be one, from before the installation.
 */
export const struckInstallation: Fault = (cluster, random) => {
  const strike = (id: number): void => {
    cluster.onInstalled.delete(strike);
    cluster.world.scheduler.after(0, () => {
      const object = cluster.world.object(id);
      if (object.down || object.live === undefined) return;
      object.lose(object.live, "struck after an installation");
      corruptNewestSnapshot(object, random);
      cluster.poke(object);
    });
  };
  cluster.onInstalled.add(strike);
  return () => cluster.onInstalled.delete(strike);
};

/** A byte of a WAL row changes: the member must notice, and is replaced. */
export const damagedWal: Fault = (cluster, random) => {
  if (!cluster.mayLoseOne) return false;
  const object = stopped(cluster, random);
  if (object === undefined) return false;
  const [table] = object.database.sql
    .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name LIKE 'wal\\_%' ESCAPE '\\'")
    .toArray()
    .map(({ name }) => name)
    .slice(-1);
  if (table === undefined) return false;
  const sequence = rows(object, `SELECT seq FROM ${table} ORDER BY seq`);
  if (sequence.length === 0) return false;
  // Most rows are covered by a snapshot and hardly ever read again: the newest are.
  const among = random.chance(0.8) ? sequence.slice(-10) : sequence;
  corrupt(object, random, table, random.pick(among));
  cluster.harmed.add(object.id);
  cluster.poke(object);
  return undefined;
};

/** A value in the base changes: the member must notice before anybody is told of it. */
export const damagedBase: Fault = (cluster, random) => {
  if (!cluster.mayLoseOne) return false;
  const object = stopped(cluster, random);
  if (object === undefined) return false;
  const { sql } = object.database;
  const query = "SELECT name FROM sqlite_master WHERE name GLOB 'kv_[0-9]*'";
  const tables = sql.exec<{ name: string }>(query).toArray();
  const [table] = tables.map(({ name }) => name).slice(-1);
  if (table === undefined) return false;
  const values = `SELECT key, rank FROM ${table} WHERE length(value) > 0 ORDER BY rank DESC`;
  const rows = sql.exec<{ key: ArrayBuffer; rank: number }>(values).toArray();
  if (rows.length === 0) return false;
  const { key, rank } = random.pick(rows.slice(0, 50));
  const update = `UPDATE ${table} SET value = ? WHERE key = ? AND rank = ?`;
  sql.exec(update, new TextEncoder().encode("damaged"), key, rank);
  object.database.commit();
  cluster.harmed.add(object.id);
  cluster.poke(object);
  return undefined;
};

/** A member loses its storage: it must not come back under its old id. */
export const wiped: Fault = (cluster, random) => {
  if (!cluster.mayLoseOne) return false;
  const object = stopped(cluster, random);
  if (object === undefined) return false;
  lose(cluster, object);
  return undefined;
};

/** The storage of a member that does not run is gone. */
function lose(cluster: SimulatedCluster, object: MemberObject): void {
  object.wipe();
  cluster.harmed.add(object.id);
  cluster.onWiped(object.id);
  cluster.poke(object);
}

/**
 * A follower loses its storage after the others were apart: what it acknowledged while one of them
 * was away, now only the leader has, and that is cut off. Were the follower to vote for the one
 * that was away, it would be lost.
 */
export const forgotten: Fault = (cluster, random) => {
  const { world } = cluster;
  const leader = cluster.objects.find(({ id }) => id === cluster.leaderId());
  const followers = cluster.objects.filter((object) => object !== leader);
  if (!cluster.mayLoseOne || leader === undefined || followers.length !== 2) return false;
  const [away, witness] = random.shuffled(followers);
  if (away === undefined || witness === undefined) return false;
  const apart = (one: MemberObject): (() => void) => {
    const others = cluster.places.filter((place) => place !== one.place);
    const ways = others.flatMap((other) => [
      world.network.link(one.place, other),
      world.network.link(other, one.place),
    ]);
    for (const link of ways) link.cut();
    return () => {
      for (const link of ways) link.mend();
    };
  };
  let mend = apart(away);
  const timer = world.scheduler.after(awayUs, () => {
    if (!cluster.mayLoseOne) return;
    mend();
    mend = apart(leader);
    if (witness.live !== undefined) witness.lose(witness.live, "crash");
    lose(cluster, witness);
  });
  return () => {
    timer.cancel();
    mend();
  };
};

/** Long enough to fall behind, and too short for the member that is away to be forgotten. */
const awayUs = 700_000;

function hasTable(object: MemberObject, name: string): boolean {
  return rows(object, `SELECT count(*) FROM sqlite_master WHERE name = '${name}'`)[0] === 1;
}
