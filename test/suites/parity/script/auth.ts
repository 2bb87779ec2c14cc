import { b, type Options, Section } from "../step.ts";

const auth = (path: string) => `/v3/auth/${path}`;

/** What an etcd 3.4 allows, and 3.6 refuses since its hardening. */
const refused: Options = {
  since: "3.6",
  expect: { status: 403, body: { error: "etcdserver: permission denied", code: 7 } },
};

const refusedStream: Options = {
  since: "3.6",
  expect: {
    ...{ status: 403, ended: true },
    messages: [{ error: "etcdserver: permission denied", code: 7 }],
  },
};

function management(): Section {
  const s = new Section("auth management");
  const user = (name: string, path: string, body: object) =>
    s.post(`user: ${name}`, auth(`user/${path}`), body);
  const role = (name: string, path: string, body: object, options: Options = {}) =>
    s.post(`role: ${name}`, auth(`role/${path}`), body, options);
  s.post("no users", auth("user/list"), {});
  s.post("no roles", auth("role/list"), {});
  s.post("authenticate while it is off", auth("authenticate"), { name: "root", password: "x" });
  s.post("disable what is off", auth("disable"), {});
  s.post(
    "status while it is off",
    auth("status"),
    {},
    {
      since: "3.5",
      expect: { status: 200, body: { header: "<object>", authRevision: "<text>" } },
      blur: ["header", "authRevision"],
    },
  );
  s.post("enable without root", auth("enable"), {});
  user("add root", "add", { name: "root", password: "rootpw" });
  s.post("enable before root has its role", auth("enable"), {});
  user("add again", "add", { name: "root", password: "rootpw" });
  user("add without a name", "add", { password: "x" });
  user("add alice", "add", { name: "alice", password: "alicepw" });
  user("add bob", "add", { name: "bob", password: "bobpw", options: {} });
  user("add without a password", "add", { name: "nopw", options: { no_password: true } });
  user("add without a password, lowerCamelCase", "add", {
    name: "nopw2",
    options: { noPassword: true },
  });
  // A hash that could never be checked here is refused.
  const uncheckable: Options = {
    since: "3.5",
    expect: { status: 400, body: { error: "etcdserver: invalid auth management", code: 3 } },
  };
  const hashedPassword = b("$2a$10$nothing");
  s.post("a hash of bcrypt", auth("user/add"), { name: "h", hashedPassword }, uncheckable);
  s.post("a new hash", auth("user/changepw"), { name: "bob", hashedPassword }, uncheckable);
  user("get", "get", { name: "alice" });
  user("get an unknown one", "get", { name: "nobody" });
  user("get nothing", "get", {});
  user("list", "list", {});
  user("delete", "delete", { name: "nopw2" });
  user("delete again", "delete", { name: "nopw2" });
  user("change a password", "changepw", { name: "bob", password: "bobpw2" });
  user("change an unknown user's", "changepw", { name: "nobody", password: "x" });
  role("add", "add", { name: "rw" });
  role("add another", "add", { name: "other" });
  role("add again", "add", { name: "rw" });
  role("add without a name", "add", {});
  role("list", "list", {});
  role("get", "get", { role: "rw" });
  role("get an unknown one", "get", { role: "nothing" });
  role("get nothing", "get", {});
  role("delete", "delete", { role: "other" });
  role("delete again", "delete", { role: "other" });
  const app = { key: b("app/"), range_end: b("app0") };
  role("grant a prefix", "grant", { name: "rw", perm: { permType: "READWRITE", ...app } });
  role("grant it again", "grant", { name: "rw", perm: { permType: "READWRITE", ...app } });
  role("grant READ of a key", "grant", { name: "rw", perm: { permType: "READ", key: b("ro") } });
  role("grant WRITE by number", "grant", { name: "rw", perm: { permType: 1, key: b("wo") } });
  role("grant, lowerCamelCase", "grant", {
    name: "rw",
    perm: { permType: "READ", key: b("cc"), rangeEnd: b("cd") },
  });
  role("grant from key", "grant", {
    name: "rw",
    perm: { permType: "READ", key: b("zz"), range_end: b("\0") },
  });
  role("grant to an unknown role", "grant", {
    name: "nothing",
    perm: { permType: "READ", key: b("x") },
  });
  role(
    "grant without perm",
    "grant",
    { name: "rw" },
    {
      since: "3.5",
      expect: { status: 400, body: { error: "etcdserver: permission not given", code: 3 } },
    },
  );
  role("get with permissions", "get", { role: "rw" });
  role("grant another type", "grant", { name: "rw", perm: { permType: "READ", key: b("wo") } });
  role("the type is replaced", "get", { role: "rw" });
  role("and back", "grant", { name: "rw", perm: { permType: "WRITE", key: b("wo") } });
  role("revoke", "revoke", { role: "rw", key: b("cc"), range_end: b("cd") });
  role("revoke again", "revoke", { role: "rw", key: b("cc"), rangeEnd: b("cd") });
  role("revoke from an unknown role", "revoke", { role: "nothing", key: b("x") });
  role("revoke from key", "revoke", { role: "rw", key: b("zz"), range_end: b("\0") });
  user("grant a role", "grant", { user: "alice", role: "rw" });
  user("grant it again", "grant", { user: "alice", role: "rw" });
  user("grant to an unknown user", "grant", { user: "nobody", role: "rw" });
  user("grant an unknown role", "grant", { user: "alice", role: "nothing" });
  user("grant root, which is no role yet", "grant", { user: "root", role: "root" });
  user("roles of alice", "get", { name: "alice" });
  user("revoke a role", "revoke", { name: "alice", role: "rw" });
  user("revoke it again", "revoke", { name: "alice", role: "rw" });
  user("revoke from an unknown user", "revoke", { name: "nobody", role: "rw" });
  user("grant it back", "grant", { user: "alice", role: "rw" });
  return s;
}

function enabled(): Section {
  const s = new Section("auth");
  const put = "/v3/kv/put";
  const range = "/v3/kv/range";
  s.post("before", put, { key: b("app/1"), value: b("1") });
  s.post("secret before", put, { key: b("secret"), value: b("s") });
  s.post("enable", auth("enable"), {});
  const token = (name: string) => ({ save: { [name]: "token" }, opaque: true }) as const;
  s.post("without a token: range", range, { key: b("app/1") });
  s.post("without a token: put", put, { key: b("app/1"), value: b("2") });
  s.post("without a token: delete", "/v3/kv/deleterange", { key: b("app/1") });
  s.post("without a token: txn", "/v3/kv/txn", {
    success: [{ request_range: { key: b("app/1") } }],
  });
  s.post("without a token: users", auth("user/list"), {});
  s.stream("without a token: watch", "/v3/watch", { create_request: { key: b("app/1") } }, 1);
  s.get("without a token: version", "/version", { headers: ["content-type"] });
  s.get("without a token: health", "/health");
  s.post("wrong password", auth("authenticate"), { name: "alice", password: "no" });
  s.post("unknown user", auth("authenticate"), { name: "nobody", password: "no" });
  s.post("no name", auth("authenticate"), {});
  s.post("a user without a password", auth("authenticate"), { name: "nopw", password: "x" });
  s.post("the old password", auth("authenticate"), { name: "bob", password: "bobpw" });
  s.post("root", auth("authenticate"), { name: "root", password: "rootpw" }, token("root"));
  s.post("alice", auth("authenticate"), { name: "alice", password: "alicepw" }, token("alice"));
  s.post("bob", auth("authenticate"), { name: "bob", password: "bobpw2" }, token("bob"));
  s.withHeaders({ authorization: "nonsense.1" });
  s.post("a wrong token", range, { key: b("app/1") });
  s.post("a wrong token: put", put, { key: b("app/1"), value: b("2") });
  s.withHeaders({ "grpc-metadata-token": "$alice" });
  s.post("a token as gRPC metadata", range, { key: b("app/1") });
  asAlice(s);
  s.withHeaders({ authorization: "$bob" });
  s.post("bob has no roles", range, { key: b("app/1") });
  s.post("bob reads himself", auth("user/get"), { name: "bob" });
  s.post("bob reads alice", auth("user/get"), { name: "alice" });
  asRoot(s);
  s.withHeaders({ authorization: "$alice" });
  s.post("alice's token is gone with her password", range, { key: b("app/1") });
  s.withHeaders({ authorization: "$root" });
  s.post("disable", auth("disable"), {});
  s.withHeaders({});
  s.post("open again", range, { key: b("app/"), range_end: b("app0") });
  return s;
}

function asAlice(s: Section): void {
  const put = "/v3/kv/put";
  const range = "/v3/kv/range";
  const app = { key: b("app/"), range_end: b("app0") };
  s.withHeaders({ authorization: "$alice" });
  s.post("a range within", range, app);
  s.post("a range beyond", range, { key: b("app/"), range_end: b("b") });
  s.post("a key elsewhere", range, { key: b("secret") });
  s.post("from key", range, { key: b("app/"), range_end: b("\0") });
  s.post("a key to read", range, { key: b("ro") });
  s.post("put within", put, { key: b("app/2"), value: b("2") });
  s.post("put with prev_kv", put, { key: b("app/2"), value: b("3"), prev_kv: true });
  s.post("put to a key to read", put, { key: b("ro"), value: b("x") });
  s.post("put to a key to write", put, { key: b("wo"), value: b("x") });
  s.post("put to it with prev_kv", put, { key: b("wo"), value: b("x"), prev_kv: true });
  s.post("range of a key to write", range, { key: b("wo") });
  s.post("delete within", "/v3/kv/deleterange", { key: b("app/2"), prev_kv: true });
  s.post("delete beyond", "/v3/kv/deleterange", { key: b("app/"), range_end: b("b") });
  s.post("delete of a key to write", "/v3/kv/deleterange", { key: b("wo") });
  s.post("txn within", "/v3/kv/txn", {
    compare: [{ key: b("ro"), target: "VERSION", version: 0 }],
    ...{ success: [{ request_range: app }], failure: [{ request_put: { key: b("wo") } }] },
  });
  s.post("txn with a forbidden compare", "/v3/kv/txn", {
    compare: [{ key: b("secret"), target: "VERSION", version: 0 }],
  });
  s.post("txn with a forbidden branch that does not run", "/v3/kv/txn", {
    failure: [{ request_put: { key: b("secret"), value: b("x") } }],
  });
  s.post(
    "txn with a forbidden nested put",
    "/v3/kv/txn",
    {
      success: [{ request_txn: { success: [{ request_put: { key: b("secret") } }] } }],
    },
    refused,
  );
  s.stream("watch within", "/v3/watch", { create_request: app }, 1);
  s.stream("watch elsewhere", "/v3/watch", { create_request: { key: b("secret") } }, 1);
  s.post("grant a lease", "/v3/lease/grant", { TTL: 600, ID: 88 });
  s.post("attach it", put, { key: b("app/l"), value: b("x"), lease: 88 });
  s.post("read herself", auth("user/get"), { name: "alice" });
  s.post("read root", auth("user/get"), { name: "root" });
  s.post("read her role", auth("role/get"), { role: "rw" });
  s.post("list users", auth("user/list"), {});
  s.post("list roles", auth("role/list"), {});
  s.post("add a user", auth("user/add"), { name: "eve", password: "x" });
  s.post("disable auth", auth("disable"), {});
  s.post(
    "activate an alarm",
    "/v3/maintenance/alarm",
    { action: 1, memberID: 1, alarm: 1 },
    refused,
  );
  s.post("add a member", "/v3/cluster/member/add", { peerURLs: ["http://127.0.0.1:1234"] });
  s.post("hash", "/v3/maintenance/hash", {}, refused);
  s.post("compact", "/v3/kv/compaction", { revision: 1 }, refused);
  s.post("all leases", "/v3/lease/leases", {}, refused);
  s.post(
    "status",
    "/v3/maintenance/status",
    {},
    {
      blur: ["dbSize", "dbSizeInUse", "raftIndex", "raftAppliedIndex", "leader", "version"],
    },
  );
}

function asRoot(s: Section): void {
  s.withHeaders({ authorization: "$root" });
  s.post("enable again", auth("enable"), {});
  s.post("root reads everything", "/v3/kv/range", {
    key: b("\0"),
    range_end: b("\0"),
    count_only: true,
  });
  s.post("root writes", "/v3/kv/put", { key: b("secret"), value: b("t"), lease: 88 });
  s.withHeaders({ authorization: "$alice" });
  s.post("alice may not revoke a lease that holds a secret", "/v3/lease/revoke", { ID: 88 });
  s.post("nor put with it", "/v3/kv/put", { key: b("app/l2"), value: b("x"), lease: 88 });
  s.endingStream("nor keep it alive", "/v3/lease/keepalive", { ID: 88 }, refusedStream);
  const keys = { ID: 88, keys: true };
  s.post("nor ask for its keys", "/v3/lease/timetolive", keys, refused);
  s.withHeaders({ authorization: "$root" });
  s.post("root revokes", "/v3/lease/revoke", { ID: 88 });
  s.post("delete the user root", auth("user/delete"), { name: "root" });
  s.post("delete the role root", auth("role/delete"), { role: "root" });
  s.post("revoke root from root", auth("user/revoke"), { name: "root", role: "root" });
  s.post("delete a role that is granted", auth("role/delete"), { role: "rw" });
  s.post("it is taken from its users", auth("user/get"), { name: "alice" });
  s.post("root's own role", auth("role/get"), { role: "root" });
  s.post("compaction", "/v3/kv/compaction", { revision: 1 });
  s.post("change alice's password", auth("user/changepw"), { name: "alice", password: "new" });
}

export const authentication = [management(), enabled()];
