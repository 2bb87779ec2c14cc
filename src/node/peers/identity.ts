import { type Id64, newId64 } from "../../rpc/id64.ts";
import { crc32c } from "../../storage/crc32c.ts";
import { sqlDamage } from "../../storage/damage.ts";
import type { Sql, SqlRow } from "../../storage/sql.ts";
import type { Random } from "../world/environment.ts";

type Key =
  | "cluster"
  | "member"
  | "instance"
  | "clusterId"
  | "founder"
  | "known"
  | "removed"
  | "former";

interface IdentityRow extends SqlRow {
  key: string;
  value: string;
}

/** The key of the sum over other rows; its value is the sum and their keys. */
const sumKey = "sum";

/**
 * What a member stores about itself apart from the WAL. Each setter writes a row and the sum over
 * all rows, durable when the output gate says so.
 */
export class Identity {
  readonly #sql: Sql;
  readonly #values = new Map<string, string>();
  #tableExists = false;
  #sealed = false;
  /** Why the rows cannot be read; "" where they can. If set, nothing else is known. */
  readonly damage: string;

  /** Reads the rows. Writes nothing: reading a member's status leaves no trace. */
  constructor(sql: Sql) {
    this.#sql = sql;
    this.damage = this.#read();
    if (this.damage !== "") this.#values.clear();
  }

  /** Adds the sum to rows of an earlier version. */
  seal(): void {
    if (this.instance !== "" && !this.#sealed) this.#writeSum();
  }

  #read(): string {
    try {
      const tables = "SELECT name FROM sqlite_master WHERE type = 'table'";
      const names = [...this.#sql.exec<{ name: string }>(tables)].map(({ name }) => name);
      this.#tableExists = names.includes("member");
      if (this.#tableExists) {
        for (const { key, value } of this.#sql.exec<IdentityRow>("SELECT key, value FROM member")) {
          this.#values.set(key, value);
        }
      }
      return this.#fault(names.includes("storage_format"));
    } catch (error) {
      const damage = sqlDamage(error);
      if (damage === undefined) throw error;
      return `the member's identity cannot be read: ${damage}`;
    }
  }

  /** What is wrong with the rows. @param hasLog whether this member's WAL was begun. */
  #fault(hasLog: boolean): string {
    const sum = this.#values.get(sumKey);
    this.#values.delete(sumKey);
    this.#sealed = sum !== undefined;
    // Earlier versions wrote no sum.
    if (sum !== undefined && sum !== this.#sum(sum.split(" ").slice(1))) {
      return `the member's identity was changed: its sum is not ${sum}`;
    }
    const known = this.instance !== "" && this.clusterId !== "";
    return hasLog && !known ? "the member's identity is gone, its log is not" : "";
  }

  /** The sum over these rows only: older code, which ignores it, may have added others. */
  #sum(keys: readonly string[]): string {
    const rows = keys.map((key) => [key, this.#values.get(key) ?? null]);
    const sum = crc32c(new TextEncoder().encode(JSON.stringify(rows)));
    return [sum.toString(16).padStart(8, "0"), ...keys].join(" ");
  }

  /** "" until it is created. */
  get instance(): Id64 {
    return this.#get("instance");
  }

  /** "" until this member founds a cluster or is told its cluster. */
  get clusterId(): Id64 {
    return this.#get("clusterId");
  }

  /** The only founder that this member, while empty, has accepted; or "". */
  get founder(): Id64 {
    return this.#get("founder");
  }

  /** A cluster of its name that this member, while empty, has heard of; or "". */
  get known(): Id64 {
    return this.#get("known");
  }

  /** Whether this member knows that its cluster has removed it. */
  get removed(): boolean {
    return this.#get("removed") !== "";
  }

  /** Whether this member belonged to that cluster before it was made a new one (force-new). */
  wasOf(clusterId: Id64): boolean {
    return clusterId !== "" && this.#get("former").split(" ").includes(clusterId);
  }

  /** Name and id as stored with the instance, for a platform that does not tell them on waking. */
  get object(): { readonly cluster: string; readonly id: number } | undefined {
    const cluster = this.#get("cluster");
    return cluster === "" ? undefined : { cluster, id: Number(this.#get("member")) };
  }

  /** Creates the instance id, unless there is one. */
  create(cluster: string, member: number, random: Random): void {
    if (this.instance !== "") return;
    this.#set("cluster", cluster);
    this.#set("member", String(member));
    this.#set("instance", newId64(random));
  }

  /** Records this member's cluster. Throws where another one is recorded. */
  belong(clusterId: Id64): void {
    if (this.clusterId === clusterId) return;
    if (this.clusterId !== "") {
      throw new Error(`member of ${this.clusterId} told to belong to ${clusterId}`);
    }
    this.#set("clusterId", clusterId);
  }

  /** Makes this member the first of a new cluster. */
  renew(clusterId: Id64): void {
    if (this.clusterId === "") throw new Error("there is no cluster to leave behind");
    this.#set("former", `${this.#get("former")} ${this.clusterId}`.trim());
    this.#set("clusterId", clusterId);
  }

  /** Records the sole founder. Throws where another one is recorded. */
  witness(founder: Id64): void {
    if (this.founder === founder) return;
    if (this.founder !== "") {
      throw new Error(`witness of ${this.founder} asked to be one of ${founder}`);
    }
    this.#set("founder", founder);
  }

  /** Records that a cluster exists, unless one is recorded. */
  know(clusterId: Id64): void {
    if (this.known === "" && this.clusterId === "") this.#set("known", clusterId);
  }

  /** Records that the cluster has removed this member, for good. */
  leave(): void {
    if (!this.removed) this.#set("removed", "1");
  }

  #get(key: Key): string {
    return this.#values.get(key) ?? "";
  }

  #set(key: Key, value: string): void {
    if (!this.#tableExists) {
      const columns = "(key TEXT PRIMARY KEY, value TEXT NOT NULL)";
      this.#sql.exec(`CREATE TABLE member ${columns} WITHOUT ROWID`);
      this.#tableExists = true;
    }
    this.#write(key, value);
    this.#values.set(key, value);
    this.#writeSum();
  }

  #writeSum(): void {
    this.#write(sumKey, this.#sum([...this.#values.keys()].sort()));
    this.#sealed = true;
  }

  #write(key: string, value: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO member (key, value) VALUES (?, ?)", key, value);
  }
}
