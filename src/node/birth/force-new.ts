import type { StateMachine } from "../../kv/state-machine.ts";
import {
  ConfChangeTransition,
  ConfChangeType,
  type ConfState,
  newConfState,
  type Snapshot,
} from "../../proto/raftpb.ts";
import { type Id64, newId64 } from "../../rpc/id64.ts";
import type { Topology } from "../../rpc/topology.ts";
import type { Halves } from "../core.ts";
import type { Identity } from "../peers/identity.ts";
import type { RaftNode } from "../raft-node/raft-node.ts";
import type { MemberEnvironment } from "../world/environment.ts";
import type { MemberOptions } from "../world/options.ts";
import { walMetadata } from "./wal-metadata.ts";

/** The remaining member, already stopped. */
export interface Survivor extends Halves {
  readonly raft: RaftNode;
}

export interface Renewed {
  /** The id of the lost cluster. */
  readonly former: Id64;
  /** The removed members, whose ids are never used again. */
  readonly removed: readonly number[];
}

/**
 * Makes one remaining member a cluster of its own (etcd's --force-new-cluster,
 * server/etcdserver/bootstrap.go), in this turn. Its whole log counts as committed: it may hold
 * what the lost majority acknowledged, and the rest does no harm; what only the lost members had is
 * lost. (etcd drops entries that it does not know to be committed.) Then all other members are
 * removed, and a new log of a new cluster begins at a snapshot of that. An old member that comes
 * back has another cluster's name on its frames, and is told that it was removed.
 */
export function forceNew(
  survivor: Survivor,
  identity: Identity,
  { memberId, topology }: Pick<MemberOptions, "memberId" | "topology">,
  { random, log }: Pick<MemberEnvironment, "random" | "log">,
): Renewed {
  const { storage, machine, raft } = survivor;
  const former = identity.clusterId;
  raft.applyRest();
  if (machine.members.get(memberId) === undefined) {
    throw new Error(`the log ends with the removal of member ${memberId}`);
  }
  machine.transfers.dropStaging();
  machine.checkpoints.cancel();
  const removed = removeOthers(survivor, memberId, topology);
  const { hardState } = raft.node.basicStatus();
  const term = hardState.term + 1;
  const index = machine.appliedIndex;
  const metadata = { index, term, confState: machine.confState };
  const snapshot: Snapshot = { data: wholeCheckpoint(machine, term), metadata };
  const clusterId = newId64(random);
  identity.renew(clusterId);
  const whose = walMetadata(clusterId, memberId);
  storage.install(snapshot, { term, vote: 0, commit: index }, [], whose);
  log.warn(`a new cluster, ${clusterId}, is made of what is left of ${former}`);
  return { former, removed };
}

/** Reduces the configuration to this member. Members not joined yet are removed, too. */
function removeOthers(
  { machine, raft }: Survivor,
  memberId: number,
  topology: Topology,
): readonly number[] {
  const term = raft.term + 1;
  const known = () => machine.members.members().map(({ ID }) => ID);
  const apply = (confState: ConfState, type: ConfChangeType, ids: readonly number[]) => {
    const changes = ids.map((nodeId) => ({ type, nodeId }));
    const transition = ConfChangeTransition.ConfChangeTransitionAuto;
    const change = { transition, changes, context: new Uint8Array() };
    machine.applyConfChange(machine.appliedIndex + 1, term, change, confState);
  };
  const { ConfChangeAddLearnerNode, ConfChangeRemoveNode } = ConfChangeType;
  const missing = topology.filter(
    ({ id }) => !known().includes(id) && !machine.members.isRemoved(id),
  );
  if (missing.length > 0) {
    const { voters, learners } = machine.confState;
    const ids = missing.map(({ id }) => id);
    const confState = newConfState({ voters, learners: [...learners, ...ids] });
    apply(confState, ConfChangeAddLearnerNode, ids);
  }
  const others = known().filter((id) => id !== memberId);
  apply(newConfState({ voters: [memberId] }), ConfChangeRemoveNode, others);
  return others;
}

/** A checkpoint with all its rows in the base; returns its manifest. */
function wholeCheckpoint(machine: StateMachine, term: number): Uint8Array {
  if (machine.appliedTerm !== term) {
    throw new Error(`term ${machine.appliedTerm} is applied, the snapshot is of ${term}`);
  }
  const data = machine.checkpoints.freeze();
  const everything = { maxBytes: Number.MAX_SAFE_INTEGER, maxRows: Number.MAX_SAFE_INTEGER };
  if (!machine.checkpoints.writeSlice(everything))
    throw new Error("a frozen state has rows without end");
  machine.checkpoints.finish();
  return data;
}
