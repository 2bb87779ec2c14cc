import * as etcd from "../../../src/proto/generated/etcd.ts";
import type { Field, Message } from "../../../src/proto/message.ts";
import { type Json, JsonObject } from "../../support/json-tree.ts";

/**
 * Every endpoint of the API and every field of its requests, those of messages within it included.
 * After `=` stand the names of an enum.
 */
const range =
  "key range_end limit revision sort_order=NONE|ASCEND|DESCEND " +
  "sort_target=KEY|VERSION|CREATE|MOD|VALUE serializable keys_only count_only min_mod_revision " +
  "max_mod_revision min_create_revision max_create_revision";
const put = "key value lease prev_kv ignore_value ignore_lease";
const deleteRange = "key range_end prev_kv";
const operations = "request_range request_put request_delete_range request_txn";

/** Fields of the request, by the path of the method. */
export const methods: Readonly<Record<string, string>> = {
  "/v3/kv/range": range,
  "/v3/kv/put": put,
  "/v3/kv/deleterange": deleteRange,
  "/v3/kv/txn":
    `compare success failure ${operations} result=EQUAL|GREATER|LESS|NOT_EQUAL ` +
    "target=VERSION|CREATE|MOD|VALUE|LEASE version create_revision mod_revision " +
    `${range} ${put} ${deleteRange}`,
  "/v3/kv/compaction": "revision physical",
  "/v3/watch":
    "create_request cancel_request progress_request key range_end start_revision " +
    "progress_notify filters=NOPUT|NODELETE prev_kv watch_id fragment",
  "/v3/lease/grant": "TTL ID",
  "/v3/lease/revoke": "ID",
  "/v3/kv/lease/revoke": "ID",
  "/v3/lease/keepalive": "ID",
  "/v3/lease/timetolive": "ID keys",
  "/v3/kv/lease/timetolive": "ID keys",
  "/v3/lease/leases": "",
  "/v3/kv/lease/leases": "",
  "/v3/cluster/member/add": "peerURLs isLearner",
  "/v3/cluster/member/remove": "ID",
  "/v3/cluster/member/update": "ID peerURLs",
  "/v3/cluster/member/list": "linearizable",
  "/v3/cluster/member/promote": "ID",
  "/v3/maintenance/alarm": "action=GET|ACTIVATE|DEACTIVATE memberID alarm=NONE|NOSPACE|CORRUPT",
  "/v3/maintenance/status": "",
  "/v3/maintenance/defragment": "",
  "/v3/maintenance/hash": "",
  "/v3/maintenance/hashkv": "revision",
  "/v3/maintenance/snapshot": "",
  "/v3/maintenance/transfer-leadership": "targetID",
  "/v3/maintenance/downgrade": "action=VALIDATE|ENABLE|CANCEL version",
  "/v3/auth/enable": "",
  "/v3/auth/disable": "",
  "/v3/auth/status": "",
  "/v3/auth/authenticate": "name password",
  "/v3/auth/user/add": "name password options no_password hashedPassword",
  "/v3/auth/user/get": "name",
  "/v3/auth/user/list": "",
  "/v3/auth/user/delete": "name",
  "/v3/auth/user/changepw": "name password hashedPassword",
  "/v3/auth/user/grant": "user role",
  "/v3/auth/user/revoke": "name role",
  "/v3/auth/role/add": "name",
  "/v3/auth/role/get": "role",
  "/v3/auth/role/list": "",
  "/v3/auth/role/delete": "role",
  "/v3/auth/role/grant": "name perm permType=READ|WRITE|READWRITE key range_end",
  "/v3/auth/role/revoke": "role key range_end",
  "/v3/lock/lock": "name lease",
  "/v3/lock/unlock": "key",
  "/v3/election/campaign": "name lease value",
  "/v3/election/proclaim": "leader name key rev lease value",
  "/v3/election/leader": "name",
  "/v3/election/observe": "name",
  "/v3/election/resign": "leader name key rev lease",
};

/** What is asked with GET. */
export const pages: readonly string[] = [
  ...["/version", "/health", "/metrics", "/debug/vars", "/livez", "/readyz"],
  ...["/livez/serializable_read", "/readyz/data_corruption", "/readyz/serializable_read"],
  ...["/readyz/linearizable_read", "/readyz/non_learner"],
];

/** The messages that those paths take. */
export const kinds: Readonly<Record<string, Message<object>>> = {
  "/v3/kv/range": etcd.RangeRequest,
  "/v3/kv/put": etcd.PutRequest,
  "/v3/kv/deleterange": etcd.DeleteRangeRequest,
  "/v3/kv/txn": etcd.TxnRequest,
  "/v3/kv/compaction": etcd.CompactionRequest,
  "/v3/watch": etcd.WatchRequest,
  "/v3/lease/grant": etcd.LeaseGrantRequest,
  "/v3/lease/revoke": etcd.LeaseRevokeRequest,
  "/v3/kv/lease/revoke": etcd.LeaseRevokeRequest,
  "/v3/lease/keepalive": etcd.LeaseKeepAliveRequest,
  "/v3/lease/timetolive": etcd.LeaseTimeToLiveRequest,
  "/v3/kv/lease/timetolive": etcd.LeaseTimeToLiveRequest,
  "/v3/lease/leases": etcd.LeaseLeasesRequest,
  "/v3/kv/lease/leases": etcd.LeaseLeasesRequest,
  "/v3/cluster/member/add": etcd.MemberAddRequest,
  "/v3/cluster/member/remove": etcd.MemberRemoveRequest,
  "/v3/cluster/member/update": etcd.MemberUpdateRequest,
  "/v3/cluster/member/list": etcd.MemberListRequest,
  "/v3/cluster/member/promote": etcd.MemberPromoteRequest,
  "/v3/maintenance/alarm": etcd.AlarmRequest,
  "/v3/maintenance/status": etcd.StatusRequest,
  "/v3/maintenance/defragment": etcd.DefragmentRequest,
  "/v3/maintenance/hash": etcd.HashRequest,
  "/v3/maintenance/snapshot": etcd.SnapshotRequest,
  "/v3/maintenance/hashkv": etcd.HashKVRequest,
  "/v3/maintenance/transfer-leadership": etcd.MoveLeaderRequest,
  "/v3/maintenance/downgrade": etcd.DowngradeRequest,
  "/v3/auth/enable": etcd.AuthEnableRequest,
  "/v3/auth/disable": etcd.AuthDisableRequest,
  "/v3/auth/status": etcd.AuthStatusRequest,
  "/v3/auth/authenticate": etcd.AuthenticateRequest,
  "/v3/auth/user/add": etcd.AuthUserAddRequest,
  "/v3/auth/user/get": etcd.AuthUserGetRequest,
  "/v3/auth/user/list": etcd.AuthUserListRequest,
  "/v3/auth/user/delete": etcd.AuthUserDeleteRequest,
  "/v3/auth/user/changepw": etcd.AuthUserChangePasswordRequest,
  "/v3/auth/user/grant": etcd.AuthUserGrantRoleRequest,
  "/v3/auth/user/revoke": etcd.AuthUserRevokeRoleRequest,
  "/v3/auth/role/add": etcd.AuthRoleAddRequest,
  "/v3/auth/role/get": etcd.AuthRoleGetRequest,
  "/v3/auth/role/list": etcd.AuthRoleListRequest,
  "/v3/auth/role/delete": etcd.AuthRoleDeleteRequest,
  "/v3/auth/role/grant": etcd.AuthRoleGrantPermissionRequest,
  "/v3/auth/role/revoke": etcd.AuthRoleRevokePermissionRequest,
  "/v3/lock/lock": etcd.LockRequest,
  "/v3/lock/unlock": etcd.UnlockRequest,
  "/v3/election/campaign": etcd.CampaignRequest,
  "/v3/election/proclaim": etcd.ProclaimRequest,
  "/v3/election/resign": etcd.ResignRequest,
  "/v3/election/leader": etcd.LeaderRequest,
  "/v3/election/observe": etcd.LeaderRequest,
};

/** A field, and each name of an enum, as `Message.field` and `Message.field=NAME`. */
const namesOf = (kind: Message<object>, field: Field): string[] => {
  const name = `${kind.name}.${field.name}`;
  return [name, ...Object.keys(field.values ?? {}).map((value) => `${name}=${value}`)];
};

/** All that a message may hold, at any depth. */
export function fieldsOf(kind: Message<object>, found = new Set<string>()): Set<string> {
  for (const field of kind.fields) {
    const names = namesOf(kind, field);
    if (names.every((name) => found.has(name))) continue;
    for (const name of names) found.add(name);
    if (field.message !== undefined) fieldsOf(field.message(), found);
  }
  return found;
}

/** What of it a request holds. */
export function fieldsIn(kind: Message<object>, json: Json, found: Set<string>): void {
  if (!(json instanceof JsonObject)) return;
  for (const [name, value] of json.members) {
    const field = kind.fields.find((one) => one.name === name || one.property === name);
    if (field === undefined) continue;
    const [plain = "", ...values] = namesOf(kind, field);
    found.add(plain);
    for (const one of Array.isArray(value) ? (value as readonly Json[]) : [value]) {
      const named = `${plain}=${String(one)}`;
      if (values.includes(named)) found.add(named);
      if (field.message !== undefined) fieldsIn(field.message(), one, found);
    }
  }
}
