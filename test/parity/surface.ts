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
    "target=VERSION|CREATE|MOD|VALUE|LEASE version create_revision mod_revision value lease " +
    "key range_end",
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
