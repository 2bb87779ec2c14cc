import type { Word128 } from "../../storage/hash128.ts";
import { AlarmTable } from "../alarm/alarm-table.ts";
import { Authority } from "../auth/authority.ts";
import { Fingerprint, recordTag } from "../fingerprint/fingerprint.ts";
import type { Table } from "../fingerprint/table.ts";
import { Lessor } from "../lease/lessor.ts";
import { MemberTable } from "../members/member-table.ts";

/** The small replicated tables of one state, constructed empty: everything but keys and values. */
export class SmallTables {
  readonly leases: Lessor;
  readonly auth: Authority;
  readonly alarms: AlarmTable;
  readonly members: MemberTable;
  readonly #tagged: readonly (readonly [number, Table])[];

  /** The tables report their records to this fingerprint. */
  constructor(fingerprint: Fingerprint) {
    this.leases = new Lessor(fingerprint.sink(recordTag.lease));
    this.auth = new Authority(fingerprint.sink(recordTag.auth));
    this.alarms = new AlarmTable(fingerprint.sink(recordTag.alarm));
    this.members = new MemberTable(fingerprint.sink(recordTag.member));
    this.#tagged = [
      [recordTag.lease, this.leases],
      [recordTag.auth, this.auth],
      [recordTag.alarm, this.alarms],
      [recordTag.member, this.members],
    ];
  }

  get all(): readonly Table[] {
    return this.#tagged.map(([, table]) => table);
  }

  /** Whether no table but the members' has a record. */
  get untouched(): boolean {
    return this.#tagged.every(([, table]) => {
      return table === this.members || table.records()[Symbol.iterator]().next().done === true;
    });
  }

  /** The sum of all tables' records, computed from scratch. */
  sum(): Word128 {
    const sums = new Fingerprint();
    for (const [tag, table] of this.#tagged) {
      const sink = sums.sink(tag);
      for (const record of table.records()) sink.add(record);
    }
    return sums.tables;
  }
}
