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

  /** NOSPACE or CORRUPT, raised by any member. */
  has(alarm: number): boolean {
    return this.#alarms.some((each) => each.alarm === alarm);
  }

  /** How many are raised. */
  get size(): number {
    return this.#alarms.length;
  }

  /** By member and type. */
  list(): readonly AlarmMember[] {
    return this.#alarms;
  }

  /**
   * GET gives those of the type, or all for NONE; ACTIVATE and DEACTIVATE give the one that is now
   * raised, or was. Member 0 is a member like any other.
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
    // There are two kinds; what is none of them could never be asked for by its name.
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
