import { b, Section } from "../step.ts";

const list = "/v3/cluster/member/list";
const alarm = "/v3/maintenance/alarm";

function membership(): Section {
  const s = new Section("cluster");
  const first = { save: { first: "members.0.ID" }, opaque: true } as const;
  s.post("list", list, {}, first);
  s.post("list linearizable", list, { linearizable: true });
  s.post("list, empty body", list, "");
  const url = "http://127.0.0.1:22380";
  const added = { save: { added: "member.ID" }, opaque: true } as const;
  s.post("add without URLs", "/v3/cluster/member/add", {});
  s.post("add with bad URLs", "/v3/cluster/member/add", { peerURLs: ["not a url"] });
  s.post("add with a path", "/v3/cluster/member/add", {
    peerURLs: ["http://127.0.0.1:22380/path"],
  });
  s.post("add without a port", "/v3/cluster/member/add", { peerURLs: ["http://localhost"] });
  s.post("add a learner", "/v3/cluster/member/add", { peerURLs: [url], isLearner: true }, added);
  s.post("list with it", list, {});
  s.post("promote a voter", "/v3/cluster/member/promote", { ID: "$first" });
  s.post("promote an unknown member", "/v3/cluster/member/promote", { ID: 123456 });
  s.post("update an unknown member", "/v3/cluster/member/update", { ID: 123456, peerURLs: [url] });
  s.post("remove an unknown member", "/v3/cluster/member/remove", { ID: 123456 });
  s.post("remove nothing", "/v3/cluster/member/remove", {});
  s.post("remove it", "/v3/cluster/member/remove", { ID: "$added" });
  s.post("remove it again", "/v3/cluster/member/remove", { ID: "$added" });
  s.post("list without it", list, {});
  return s;
}

const sizes = [
  "dbSize",
  "dbSizeInUse",
  "raftIndex",
  "raftAppliedIndex",
  "raftTerm",
  "hash",
  "dbSizeQuota",
];

function maintenance(): Section {
  const s = new Section("maintenance");
  const blur = { blur: sizes };
  s.post(
    "status",
    "/v3/maintenance/status",
    {},
    { ...blur, save: { leader: "leader" }, opaque: true },
  );
  s.post("status, empty body", "/v3/maintenance/status", "", blur);
  s.post("hash", "/v3/maintenance/hash", {}, blur);
  s.post("defragment", "/v3/maintenance/defragment", {});
  s.post("move the leader to nobody", "/v3/maintenance/transfer-leadership", { targetID: 123 });
  s.post("move the leader to 0", "/v3/maintenance/transfer-leadership", {});
  s.post("move the leader to itself", "/v3/maintenance/transfer-leadership", {
    targetID: "$leader",
  });
  const revision = { header: { cluster_id: "<id>", member_id: "<id>", revision: "<revision>" } };
  s.post(
    "hashkv",
    "/v3/maintenance/hashkv",
    {},
    {
      since: "3.5",
      blur: [...sizes, "revision", "compact_revision", "hash_revision"],
      expect: {
        status: 200,
        body: {
          header: { ...revision.header, revision: "<text>", raft_term: "<term>" },
          ...{ hash: "<number>", compact_revision: "<text>", hash_revision: "<text>" },
        },
      },
    },
  );
  s.post(
    "hashkv of the future",
    "/v3/maintenance/hashkv",
    { revision: 1_000_000 },
    {
      since: "3.5",
      expect: {
        status: 400,
        body: { error: "etcdserver: mvcc: required revision is a future revision", code: 11 },
      },
    },
  );
  const downgrade = "/v3/maintenance/downgrade";
  const refused = (text: string) => ({
    since: "3.5",
    expect: { status: 400, body: { error: `etcdserver: ${text}`, code: 3 } },
  });
  s.post(
    "downgrade, bad format",
    downgrade,
    { action: "VALIDATE", version: "abc" },
    refused("wrong downgrade target version format"),
  );
  s.post(
    "downgrade too far",
    downgrade,
    { action: 0, version: "3.0" },
    refused("invalid downgrade target version"),
  );
  s.post(
    "downgrade to what runs",
    downgrade,
    { action: "ENABLE", version: "3.6.0" },
    refused("invalid downgrade target version"),
  );
  s.post(
    "downgrade cancelled",
    downgrade,
    { action: "CANCEL" },
    {
      ...{ since: "3.5", blur: ["header"] },
      expect: { status: 200, body: { header: "<object>", version: "3.6" } },
    },
  );
  s.open("snapshot", "/v3/maintenance/snapshot", {}, 1, {
    blur: ["blob", "remaining_bytes", "version"],
  });
  s.close("snapshot");
  return s;
}

function alarms(): Section {
  const s = new Section("alarm");
  s.post("none", alarm, { action: "GET" });
  s.post(
    "which member",
    "/v3/kv/range",
    { key: b("x") },
    { save: { self: "header.member_id" }, opaque: true },
  );
  s.post("deactivate what is not there", alarm, {
    action: "DEACTIVATE",
    memberID: "$self",
    alarm: "NOSPACE",
  });
  s.post("lease before", "/v3/lease/grant", { TTL: 600, ID: 55 });
  s.post("activate NOSPACE", alarm, { action: "ACTIVATE", memberID: "$self", alarm: "NOSPACE" });
  s.post("activate it again", alarm, { action: 1, memberID: "$self", alarm: 1 });
  s.post("list", alarm, {});
  s.post("list of a type", alarm, { action: "GET", alarm: "NOSPACE" });
  s.post("list of another type", alarm, { alarm: "CORRUPT" });
  s.post("list of no type is all", alarm, { action: "GET", alarm: "NONE" });
  s.post("list ignores the member", alarm, { memberID: 77 });
  s.post("put", "/v3/kv/put", { key: b("al"), value: b("x") });
  s.post("put without a key", "/v3/kv/put", { value: b("x") });
  s.post("grant", "/v3/lease/grant", { TTL: 600, ID: 56 });
  s.post("txn that could put", "/v3/kv/txn", {
    compare: [{ key: b("al"), version: 5 }],
    success: [{ request_put: { key: b("al"), value: b("x") } }],
  });
  s.post("txn that deletes", "/v3/kv/txn", {
    success: [{ request_delete_range: { key: b("al") } }],
  });
  s.post("range", "/v3/kv/range", { key: b("al") });
  s.post("delete", "/v3/kv/deleterange", { key: b("al") });
  s.post("revoke", "/v3/lease/revoke", { ID: 55 });
  s.get("health", "/health");
  s.get("health without it", "/health?exclude=NOSPACE");
  s.post("status lists it", "/v3/maintenance/status", {}, { blur: sizes });
  s.post("deactivate for nobody", alarm, { action: "DEACTIVATE", alarm: "NOSPACE" });
  s.post("still there", alarm, {});
  s.post("deactivate", alarm, { action: "DEACTIVATE", memberID: "$self", alarm: "NOSPACE" });
  s.post("put again", "/v3/kv/put", { key: b("al"), value: b("x") });
  s.post("activate CORRUPT", alarm, { action: "ACTIVATE", memberID: "$self", alarm: "CORRUPT" });
  s.post("corrupt: put", "/v3/kv/put", { key: b("al"), value: b("y") });
  s.post("corrupt: delete", "/v3/kv/deleterange", { key: b("al") });
  s.post("corrupt: txn", "/v3/kv/txn", {
    success: [{ request_put: { key: b("al"), value: b("x") } }],
  });
  s.post("corrupt: compaction", "/v3/kv/compaction", { revision: 1 });
  s.post("corrupt: grant", "/v3/lease/grant", { TTL: 60, ID: 57 });
  s.post("corrupt: revoke", "/v3/lease/revoke", { ID: 57 });
  s.post("corrupt: serializable range", "/v3/kv/range", { key: b("al"), serializable: true });
  s.post("corrupt: range", "/v3/kv/range", { key: b("al") });
  s.get("corrupt: health", "/health");
  s.post("deactivate CORRUPT", alarm, {
    action: "DEACTIVATE",
    memberID: "$self",
    alarm: "CORRUPT",
  });
  s.post("all is well", "/v3/kv/put", { key: b("al"), value: b("z") });
  return s;
}

export const clusterServices = [membership(), maintenance(), alarms()];
