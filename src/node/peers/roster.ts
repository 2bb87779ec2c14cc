import type { StateMachine } from "../../kv/state-machine.ts";
import {
  MemberContext,
  MemberRecord as MemberRecordMessage,
  MemberTable,
} from "../../proto/generated/kv.ts";
import { bytesToId64, type Id64, id64ToBytes } from "../../rpc/id64.ts";
import type { MemberRecord } from "../../rpc/messages.ts";
import type { Identity } from "./identity.ts";
import type { Roster } from "./peers.ts";

/** The members in the applied state. */
export class MemberRoster implements Roster {
  readonly memberId: number;
  readonly #identity: Identity;
  #records = new Map<number, MemberRecord>();
  #removed = new Set<number>();

  constructor(identity: Identity, memberId: number) {
    this.#identity = identity;
    this.memberId = memberId;
  }

  get cluster(): Id64 {
    return this.#identity.clusterId;
  }

  get instance(): Id64 {
    return this.#identity.instance;
  }

  wasOf(cluster: Id64): boolean {
    return this.#identity.wasOf(cluster);
  }

  /** Reads the replicated table again, after the configuration or a member's record changed. */
  refresh(machine: StateMachine): void {
    const table = MemberTable.decode(machine.members.encode());
    this.#removed = new Set(table.removed);
    this.#records = new Map(table.members.map((member) => [member.ID, recordOf(member)]));
  }

  get records(): readonly MemberRecord[] {
    return [...this.#records.values()].sort((a, b) => a.id - b.id);
  }

  /** The ids of all members but this one, ascending. */
  get others(): readonly number[] {
    return this.records.map(({ id }) => id).filter((id) => id !== this.memberId);
  }

  instanceOf(id: number): Id64 {
    return this.#records.get(id)?.instanceId ?? "";
  }

  isRemoved(id: number): boolean {
    return this.#removed.has(id);
  }
}

/** The context of the change that adds a member. */
export function addContext(record: MemberRecord): Uint8Array {
  return MemberContext.encode(MemberContext.create({ member: messageOf(record) }));
}

/** The context of the change that makes a voter of a learner. */
export function promoteContext(id: number): Uint8Array {
  const member = MemberRecordMessage.create({ ID: id });
  return MemberContext.encode(MemberContext.create({ member, promote: true }));
}

function messageOf(record: MemberRecord): MemberRecordMessage {
  return MemberRecordMessage.create({
    ID: record.id,
    instanceId: id64ToBytes(record.instanceId),
    name: record.name,
    peerURLs: [...record.peerUrls],
    clientURLs: [...record.clientUrls],
    isLearner: record.isLearner,
    locationHint: record.locationHint,
  });
}

function recordOf(member: MemberRecordMessage): MemberRecord {
  return {
    id: member.ID,
    instanceId: bytesToId64(member.instanceId),
    name: member.name,
    peerUrls: member.peerURLs,
    clientUrls: member.clientURLs,
    locationHint: member.locationHint,
    isLearner: member.isLearner,
  };
}
