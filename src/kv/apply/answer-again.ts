import { errors, KvError } from "../../etcd/errors.ts";
import {
  AlarmResponse,
  AlarmType,
  AuthenticateResponse,
  CompactionResponse,
  LeaseCheckpointResponse,
  LeaseGrantResponse,
  LeaseRevokeResponse,
  MemberUpdateResponse,
  PutResponse,
  type TxnRequest,
} from "../../proto/generated/etcd.ts";
import { Empty, type Outcome, type Request, type Response } from "../../proto/generated/kv.ts";
import { simpleToken } from "../auth/token-table.ts";
import { byteString } from "../keys/key-range.ts";
import type { MemberTable } from "../members/member-table.ts";
import type { State } from "../state/state.ts";
import { type Remembered, unpackBranches } from "../state/window.ts";
import type { Store } from "../store/store.ts";
import { branchesOf } from "../txn/compare.ts";
import { Execution, executeDelete, executeTxn } from "../txn/execute.ts";
import type { Limits } from "../work/limits.ts";
import type { Work } from "../work/work.ts";
import { responseOf } from "./header.ts";

/**
 * The answer to a retried request that was applied before: part of it is in the remembered outcome,
 * the rest is read again. A write is executed again on the state before it, and the result is
 * dropped.
 *
 * `work` is unbounded, since the request passed its limits the first time.
 *
 * Throws KvError: errors.answerCompacted where that state is compacted, errors.responseTooLarge
 * where the first answer was too large.
 */
export function answerAgain(
  request: Request,
  { index, outcome }: Remembered,
  { store, members }: State,
  limits: Limits,
  work: Work,
): Response {
  const { revision } = outcome;
  const keys = answerKeys(request, { outcome, store, limits, work });
  const response = keys ?? answerTables(request, index, outcome, members);
  return responseOf(response, revision);
}

interface Again {
  readonly outcome: Outcome;
  readonly store: Store;
  readonly limits: Limits;
  readonly work: Work;
}

function answerKeys(request: Request, again: Again): Partial<Response> | undefined {
  const { put, deleteRange, txn } = request;
  if (put) {
    if (!put.prevKv) return { put: PutResponse.create() };
    const { changed } = executionAgain(again);
    return { put: PutResponse.create({ prevKv: changed.get(byteString(put.key)) }) };
  }
  if (!deleteRange && !txn) return undefined;
  const execution = executionAgain(again);
  const response = txn
    ? { txn: executeTxn(execution, txn, branchesAgain(txn, execution, again)) }
    : deleteRange && { deleteRange: executeDelete(execution, deleteRange) };
  if (execution.answer.exceeded) throw new KvError(errors.responseTooLarge);
  return response;
}

function branchesAgain(
  txn: TxnRequest,
  { changed }: Execution,
  { outcome, limits, work }: Again,
): boolean[] {
  if (outcome.branches.length > 0) return unpackBranches(outcome.branches);
  return branchesOf(changed, txn, limits.maxCompared, work);
}

function executionAgain({ outcome, store, limits, work }: Again): Execution {
  const before = outcome.changed ? outcome.revision - 1 : outcome.revision;
  const at = (revision: number) => {
    if (revision < store.compactRevision) throw new KvError(errors.answerCompacted);
    return store.charged(revision, work);
  };
  return new Execution(at, before, work, limits);
}

function answerTables(
  request: Request,
  index: number,
  outcome: Outcome,
  members: MemberTable,
): Partial<Response> {
  if (request.compaction) return { compaction: CompactionResponse.create() };
  if (request.leaseGrant) {
    const { ID } = request.leaseGrant;
    return { leaseGrant: LeaseGrantResponse.create({ ID, TTL: outcome.TTL }) };
  }
  if (request.leaseRevoke) return { leaseRevoke: LeaseRevokeResponse.create() };
  if (request.leaseCheckpoint) return { leaseCheckpoint: LeaseCheckpointResponse.create() };
  if (request.alarm) {
    const { memberID, alarm } = request.alarm;
    const alarms = outcome.changed && alarm !== AlarmType.NONE ? [{ memberID, alarm }] : [];
    return { alarm: AlarmResponse.create({ alarms }) };
  }
  if (request.memberUpdate) {
    return { memberUpdate: MemberUpdateResponse.create({ members: members.list() }) };
  }
  if (request.authenticate) {
    const token = simpleToken(request.authenticate.simpleToken, index);
    return { authenticate: AuthenticateResponse.create({ token }) };
  }
  return answerAuth(request) ?? { empty: Empty.create() };
}

/** Auth requests whose answer is a header and nothing else. */
const authRequests = [
  "authEnable",
  "authDisable",
  "authUserAdd",
  "authUserDelete",
  "authUserChangePassword",
  "authUserGrantRole",
  "authUserRevokeRole",
  "authRoleAdd",
  "authRoleDelete",
  "authRoleGrantPermission",
  "authRoleRevokePermission",
] as const;

function answerAuth(request: Request): Partial<Response> | undefined {
  const name = authRequests.find((candidate) => request[candidate] !== undefined);
  return name && { [name]: { header: undefined } };
}
