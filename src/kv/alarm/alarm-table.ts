import type { AlarmMember, AlarmRequest } from "../../proto/generated/etcd.ts";
import {
  AlarmAction,
  AlarmMember as AlarmMemberMessage,
  AlarmResponse,
  AlarmType,
} from "../../proto/generated/etcd.ts";
import { AlarmTable as AlarmTableMessage } from "../../proto/generated/kv.ts";
import type { RecordSink, Table } from "../fingerprint/table.ts";

/** Which member has raised which alarm (etcd: server/etcdserver/api/v3alarm/alarms.go). */
export class AlarmTable implements Table {
  readonly name = "alarms";
  readonly #sink: RecordSink;
  #alarms: readonly AlarmMember[] = [];

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  /** Whether any member has raised this alarm (NOSPACE or CORRUPT). */
  has(alarm: number): boolean {
    return this.#alarms.some((each) => each.alarm === alarm);
  }

  /** How many alarms are raised. */
  get size(): number {
    return this.#alarms.length;
  }

  /** All raised alarms, by member and type. */
  list(): readonly AlarmMember[] {
    return this.#alarms;
  }

  /**
   * GET lists the alarms of the type, or all for NONE; ACTIVATE and DEACTIVATE return the alarm
   * that they raised or cleared. Member 0 is a member like any other.
   */
  apply({ action, memberID, alarm }: AlarmRequest): AlarmResponse {
    const found = this.#alarms.find((each) => each.memberID === memberID && each.alarm === alarm);
    if (action === AlarmAction.GET) {
      const all = alarm === AlarmType.NONE;
      return answer(this.#alarms.filter((each) => all || each.alarm === alarm));
    }
    if (action === AlarmAction.ACTIVATE) return this.#activate(memberID, alarm, found);
    if (action === AlarmAction.DEACTIVATE && found) {
      this.#alarms = this.#alarms.filter((each) => each !== found);
      this.#sink.remove(AlarmMemberMessage.encode(found));
      return answer([found]);
    }
    return answer([]);
  }

  encode(): Uint8Array {
    return AlarmTableMessage.encode({ alarms: this.#alarms });
  }

  decode(data: Uint8Array): void {
    this.#alarms = AlarmTableMessage.decode(data).alarms;
  }

  *records(): Iterable<Uint8Array> {
    for (const alarm of this.#alarms) yield AlarmMemberMessage.encode(alarm);
  }

  #activate(memberID: bigint, alarm: number, found: AlarmMember | undefined): AlarmResponse {
    // An unknown type is not stored: no client could ever clear it.
    if (alarm !== AlarmType.NOSPACE && alarm !== AlarmType.CORRUPT) return answer([]);
    if (found) return answer([found]);
    const raised = { memberID, alarm };
    this.#alarms = [...this.#alarms, raised].sort(byMember);
    this.#sink.add(AlarmMemberMessage.encode(raised));
    return answer([raised]);
  }
}

function answer(alarms: readonly AlarmMember[]): AlarmResponse {
  return AlarmResponse.create({ alarms });
}

function byMember(a: AlarmMember, b: AlarmMember): number {
  if (a.memberID !== b.memberID) return a.memberID < b.memberID ? -1 : 1;
  return a.alarm - b.alarm;
}
