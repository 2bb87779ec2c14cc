import { AlarmTable } from "../alarm/alarm-table.ts";
import { Authority } from "../auth/authority.ts";
import { Fingerprint, recordTag } from "../fingerprint/fingerprint.ts";
import type { Word128 } from "../fingerprint/hash128.ts";
import type { Table } from "../fingerprint/table.ts";
import { Lessor } from "../lease/lessor.ts";
import { MemberTable } from "../members/member-table.ts";

/** The small replicated tables of one state, made empty: all that is not keys and values. */
export class SmallTables {
  readonly leases: Lessor;
  readonly auth: Authority;
  readonly alarms: AlarmTable;
  readonly members: MemberTable;
  readonly #tagged: readonly (readonly [number, Table])[];

  /** They tell this fingerprint what comes and goes. */
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

  /** Whether nothing was ever put into them, the members aside. */
  get untouched(): boolean {
    return this.#tagged.every(([, table]) => {
      return table === this.members || table.records()[Symbol.iterator]().next().done === true;
    });
  }

  /** The sum of all their records, from scratch. */
  sum(): Word128 {
    const sums = new Fingerprint();
    for (const [tag, table] of this.#tagged) {
      const sink = sums.sink(tag);
      for (const record of table.records()) sink.add(record);
    }
    return sums.tables;
  }
}
