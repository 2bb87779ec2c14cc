import type { Member } from "../../proto/generated/etcd.ts";
import { Member as MemberMessage, MemberUpdateResponse } from "../../proto/generated/etcd.ts";
import type { Request, Response } from "../../proto/generated/kv.ts";
import {
  MemberContext,
  MemberRecord,
  MemberTable as MemberTableMessage,
} from "../../proto/generated/kv.ts";
import type { ConfChangeV2, ConfState } from "../../proto/raftpb.ts";
import { newConfState } from "../../proto/raftpb.ts";
import type { RecordSink, Table } from "../fingerprint/table.ts";
import { checkUpdate } from "./reconfiguration.ts";

/** The first byte of each record: its type. */
const RecordTag = { member: 0, removed: 1, settings: 2, confState: 3 } as const;

interface Settings {
  readonly clusterVersion: string;
  readonly downgradeEnabled: boolean;
  readonly downgradeTarget: string;
}

const noSettings: Settings = { clusterVersion: "", downgradeEnabled: false, downgradeTarget: "" };

/**
 * The members of the cluster, raft's configuration of them, and all removed ids (etcd:
 * server/etcdserver/api/membership/cluster.go).
 */
export class MemberTable implements Table {
  readonly name = "members";
  readonly #sink: RecordSink;
  #members = new Map<number, MemberRecord>();
  #removed = new Set<number>();
  #settings = noSettings;
  #confState = newConfState();

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  get confState(): ConfState {
    return this.#confState;
  }

  get clusterVersion(): string {
    return this.#settings.clusterVersion;
  }

  /** All members, by id. */
  members(): readonly MemberRecord[] {
    return [...this.#members.values()].sort((a, b) => a.ID - b.ID);
  }

  get(id: number): MemberRecord | undefined {
    return this.#members.get(id);
  }

  /** All removed ids, ascending. */
  removed(): readonly number[] {
    return [...this.#removed].sort((a, b) => a - b);
  }

  isRemoved(id: number): boolean {
    return this.#removed.has(id);
  }

  /** All members as etcd lists them, by id. */
  list(): readonly Member[] {
    return this.members().map(({ ID, name, peerURLs, clientURLs, isLearner }) =>
      MemberMessage.create({ ID: BigInt(ID), name, peerURLs, clientURLs, isLearner }),
    );
  }

  /**
   * Applies a committed configuration change, whose context is a kvpb.MemberContext. Raft has
   * accepted it, so nothing is refused; fields that the context lacks keep their values.
   *
   * A member stays in the table while the configuration has it in any role, so that one that leaves
   * through a joint configuration stays until that ends.
   */
  applyConfChange(change: ConfChangeV2, confState: ConfState): void {
    const { member } = MemberContext.decode(change.context.slice());
    this.#changing(() => {
      this.#confState = sorted(confState);
      const { voters, learners, votersOutgoing, learnersNext } = confState;
      const known = new Set([...voters, ...learners, ...votersOutgoing, ...learnersNext]);
      for (const id of [...this.#members.keys()]) {
        if (known.has(id)) continue;
        this.#members.delete(id);
        this.#removed.add(id);
      }
      for (const id of known) {
        const old = this.#members.get(id) ?? MemberRecord.create({ ID: id });
        const record = member?.ID === id ? merged(old, member) : old;
        this.#members.set(id, { ...record, isLearner: !voters.includes(id) });
      }
    });
  }

  /**
   * Applies member_attributes, member_update, cluster_version_set or downgrade_info_set; returns
   * undefined for other requests.
   */
  apply(request: Request): Partial<Response> | undefined {
    if (request.memberUpdate) {
      this.#updateUrls(Number(request.memberUpdate.ID), request.memberUpdate.peerURLs);
      return { memberUpdate: MemberUpdateResponse.create({ members: this.list() }) };
    }
    if (request.memberAttributes) {
      const { ID, name, clientURLs } = request.memberAttributes;
      this.#changing(() => {
        const record = this.#members.get(Number(ID));
        // No record: the member was removed before its attributes were applied.
        if (record) this.#members.set(record.ID, { ...record, name, clientURLs });
      });
      return { empty: {} };
    }
    if (request.clusterVersionSet) {
      this.#set({ clusterVersion: request.clusterVersionSet.version });
      return { empty: {} };
    }
    if (request.downgradeInfoSet) {
      const { enabled, version } = request.downgradeInfoSet;
      this.#set({ downgradeEnabled: enabled, downgradeTarget: version });
      return { empty: {} };
    }
    return undefined;
  }

  encode(): Uint8Array {
    const members = this.members();
    const removed = this.removed();
    const table = { members, removed, ...this.#settings, ...this.#confState };
    return MemberTableMessage.encode(MemberTableMessage.create(table));
  }

  decode(data: Uint8Array): void {
    // Decoded messages are views of the whole manifest; a copy lets it be freed.
    const table = MemberTableMessage.decode(data.slice());
    const { clusterVersion, downgradeEnabled, downgradeTarget } = table;
    this.#members = new Map(table.members.map((member) => [member.ID, member]));
    this.#removed = new Set(table.removed);
    this.#settings = { clusterVersion, downgradeEnabled, downgradeTarget };
    this.#confState = sorted(table);
  }

  *records(): Iterable<Uint8Array> {
    for (const member of this.members()) {
      yield tagged(RecordTag.member, MemberRecord.encode(member));
    }
    for (const id of this.#removed) yield partRecord(RecordTag.removed, { removed: [id] });
    const settings = partRecord(RecordTag.settings, this.#settings);
    if (settings.length > 1) yield settings;
    const conf = partRecord(RecordTag.confState, this.#confState);
    if (conf.length > 1) yield conf;
  }

  #set(settings: Partial<Settings>): void {
    this.#changing(() => {
      this.#settings = { ...this.#settings, ...settings };
    });
  }

  #updateUrls(id: number, peerURLs: readonly string[]): void {
    const record = this.#members.get(id);
    checkUpdate({ members: this.members() }, id, peerURLs);
    if (!record) throw new Error(`member ${id} is in the list of members but not in the table`);
    this.#changing(() => {
      this.#members.set(id, { ...record, peerURLs: [...peerURLs].sort() });
    });
  }

  /** Runs a change. The table is small, so all its records are removed and added anew. */
  #changing(change: () => void): void {
    const before = [...this.records()];
    change();
    for (const record of before) this.#sink.remove(record);
    for (const record of this.records()) this.#sink.add(record);
  }
}

/** An existing record with the fields of a new context; fields that it lacks keep their values. */
function merged(old: MemberRecord, said: MemberRecord): MemberRecord {
  return {
    ...old,
    instanceId: said.instanceId.length > 0 ? said.instanceId : old.instanceId,
    name: said.name || old.name,
    peerURLs: said.peerURLs.length > 0 ? said.peerURLs : old.peerURLs,
    clientURLs: said.clientURLs.length > 0 ? said.clientURLs : old.clientURLs,
    locationHint: said.locationHint || old.locationHint,
  };
}

function sorted(conf: ConfState): ConfState {
  const order = (ids: readonly number[]) => [...ids].sort((a, b) => a - b);
  return {
    voters: order(conf.voters),
    learners: order(conf.learners),
    votersOutgoing: order(conf.votersOutgoing),
    learnersNext: order(conf.learnersNext),
    autoLeave: conf.autoLeave,
  };
}

function partRecord(tag: number, fields: Partial<MemberTableMessage>): Uint8Array {
  return tagged(tag, MemberTableMessage.encode(MemberTableMessage.create(fields)));
}

function tagged(tag: number, bytes: Uint8Array): Uint8Array {
  const record = new Uint8Array(1 + bytes.length);
  record[0] = tag;
  record.set(bytes, 1);
  return record;
}
