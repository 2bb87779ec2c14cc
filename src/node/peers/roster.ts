import type { StateMachine } from "../../kv/state-machine.ts";
import {
  MemberContext,
  MemberRecord as MemberRecordMessage,
  MemberTable,
} from "../../proto/generated/kv.ts";
import { bytesToId64, type Id64, id64ToBytes } from "../../rpc/id64.ts";
import type { MemberRecord } from "../../rpc/messages.ts";
import type { Identity } from "../birth/identity.ts";
import type { Roster } from "./peers.ts";

/** The members as the applied state has them, for whoever sends, receives or reconfigures. */
export class MemberRoster {
  #records = new Map<number, MemberRecord>();
  #removed = new Set<number>();

  /** Reads the replicated table anew: whenever the configuration or a member's record changed. */
  refresh(machine: StateMachine): void {
    const table = MemberTable.decode(machine.members.encode());
    this.#removed = new Set(table.removed);
    this.#records = new Map(table.members.map((member) => [member.ID, recordOf(member)]));
  }

  get records(): readonly MemberRecord[] {
    return [...this.#records.values()].sort((a, b) => a.id - b.id);
  }

  get(id: number): MemberRecord | undefined {
    return this.#records.get(id);
  }

  instanceOf(id: number): Id64 {
    return this.#records.get(id)?.instanceId ?? "";
  }

  isRemoved(id: number): boolean {
    return this.#removed.has(id);
  }

  /** What a member's transport must know of the membership, and of the member itself. */
  of(identity: Identity, memberId: number): Roster {
    return {
      cluster: identity.clusterId,
      memberId,
      instance: identity.instance,
      instanceOf: (id) => this.instanceOf(id),
      isRemoved: (id) => this.isRemoved(id),
      wasOf: (cluster) => identity.wasOf(cluster),
    };
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
