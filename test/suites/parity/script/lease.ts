import { b, Section } from "../step.ts";

const grant = "/v3/lease/grant";
const ttl = "/v3/lease/timetolive";
const put = "/v3/kv/put";

function leases(): Section {
  const s = new Section("lease");
  const auto = { save: { lease: "ID" }, opaque: true } as const;
  s.post("grant", grant, { TTL: 600 }, auto);
  s.post("list it", "/v3/lease/leases", {});
  s.post("revoke it", "/v3/lease/revoke", { ID: "$lease" });
  s.post("grant with an id", grant, { TTL: 600, ID: 12345 });
  s.post("grant with an id as text", grant, { TTL: "600", ID: "12346" });
  s.post("grant beyond 2^53, bare", grant, '{"TTL":600,"ID":2324035539054921081}');
  s.post("grant beyond 2^53, quoted", grant, { TTL: 600, ID: "2324035539054921083" });
  s.post("the largest id", grant, { TTL: 600, ID: "9223372036854775807" });
  s.post("a negative id", grant, { TTL: 600, ID: -5 });
  s.post("the id exists", grant, { TTL: 600, ID: 12345 });
  s.post("the least TTL", grant, { TTL: 0, ID: 1 });
  s.post("a negative TTL", grant, { TTL: -3, ID: 2 });
  s.post("a TTL that is too large", grant, { TTL: 9_000_000_001, ID: 3 });
  s.post("the largest TTL", grant, { TTL: 9_000_000_000, ID: 4 });
  s.post("lower case names are unknown", grant, { ttl: 60, id: 777 }, auto);
  s.post("forget it", "/v3/lease/revoke", { ID: "$lease" });
  for (const id of [1, 2]) {
    // They may be gone already: their TTL is 2 s.
    s.post(`revoke ${id} before it expires`, "/v3/lease/revoke", { ID: id });
  }
  s.post("attach", put, { key: b("L/1"), value: b("x"), lease: 12345 });
  s.post("attach by text", put, { key: b("L/2"), value: b("x"), lease: "12345" });
  s.post("attach beyond 2^53", put, '{"key":"TC8z","value":"eA==","lease":2324035539054921081}');
  s.post("read the leases of keys", "/v3/kv/range", { key: b("L/"), range_end: b("L0") });
  s.post("keys only keeps the lease", "/v3/kv/range", { key: b("L/1"), keys_only: true });
  const left = { blur: ["TTL"] };
  s.post("time to live", ttl, { ID: 12345 }, left);
  s.post("time to live with keys", ttl, { ID: "12345", keys: true }, left);
  s.post("time to live beyond 2^53", ttl, '{"ID":2324035539054921081,"keys":true}', left);
  s.post("time to live of none", ttl, { ID: 999 });
  s.post("time to live of nothing", ttl, {});
  s.post(
    "the older path of time to live",
    "/v3/kv/lease/timetolive",
    { ID: 12345, keys: true },
    left,
  );
  s.post("lease 0 detaches", put, { key: b("L/2"), value: b("y"), lease: 0 });
  s.post("detached", ttl, { ID: 12345, keys: true }, left);
  s.post("ignore_lease keeps it", put, { key: b("L/1"), value: b("z"), ignore_lease: true });
  s.post("another lease takes the key", put, { key: b("L/1"), value: b("z"), lease: 12346 });
  s.post("taken", ttl, { ID: 12346, keys: true }, left);
  s.post("ignore_value alone detaches", put, { key: b("L/1"), ignore_value: true });
  s.post("detached again", ttl, { ID: 12346, keys: true }, left);
  s.post("attach for the revoke 1", put, { key: b("L/b"), value: b("1"), lease: 12346 });
  s.post("attach for the revoke 2", put, { key: b("L/a"), value: b("1"), lease: 12346 });
  s.open("events", "/v3/watch", { create_request: { key: b("L/"), range_end: b("L0") } }, 1);
  s.post("revoke deletes the keys in one revision", "/v3/lease/revoke", { ID: 12346 });
  s.read("events", 1);
  s.close("events");
  s.post("gone", "/v3/kv/range", { key: b("L/"), range_end: b("L0"), keys_only: true });
  s.post("revoke again", "/v3/lease/revoke", { ID: 12346 });
  s.post("revoke nothing", "/v3/lease/revoke", {});
  s.post("revoke without keys leaves the revision", "/v3/lease/revoke", {
    ID: "2324035539054921083",
  });
  s.post("the older path of revoke", "/v3/kv/lease/revoke", { ID: -5 });
  s.post("there is no older path of grant", "/v3/kv/lease/grant", { TTL: 60 });
  s.post("there is no older path of keepalive", "/v3/kv/lease/keepalive", { ID: 1 });
  s.post("list", "/v3/lease/leases", {}, { blur: ["leases"] });
  s.post("the older path of list, empty body", "/v3/kv/lease/leases", "", { blur: ["leases"] });
  return s;
}

function keepalives(): Section {
  const s = new Section("keepalive");
  const path = "/v3/lease/keepalive";
  s.endingStream("one", path, { ID: 12345 });
  s.endingStream("as text", path, { ID: "12345" });
  s.endingStream("beyond 2^53", path, '{"ID":2324035539054921081}');
  s.endingStream("none", path, { ID: 999 });
  s.endingStream("several", path, '{"ID":12345}{"ID":999} {"ID":"12345"}');
  s.endingStream("nothing", path, {});
  s.post("revoke", "/v3/lease/revoke", { ID: 12345 });
  s.endingStream("revoked", path, { ID: 12345 });
  s.post("revoke beyond 2^53", "/v3/lease/revoke", { ID: "2324035539054921081" });
  s.post("revoke the largest", "/v3/lease/revoke", { ID: "9223372036854775807" });
  s.post("revoke the longest", "/v3/lease/revoke", { ID: 4 });
  return s;
}

function locks(): Section {
  const s = new Section("lock");
  s.post("lease 1", grant, { TTL: 600, ID: 101 });
  s.post("lease 2", grant, { TTL: 600, ID: 4294967297 });
  s.post("lock", "/v3/lock/lock", { name: b("lk"), lease: 101 });
  s.post("the same lease again", "/v3/lock/lock", { name: b("lk"), lease: "101" });
  s.post("its key", "/v3/kv/range", { key: b("lk/"), range_end: b("lk0") });
  s.open("a second waits", "/v3/lock/lock", { name: b("lk"), lease: 4294967297 }, -1);
  const waits = { key: b("lk/"), range_end: b("lk0"), count_only: true };
  s.post("it waits", "/v3/kv/range", waits, { untilCount: 2 });
  s.post("unlock", "/v3/lock/unlock", { key: b("lk/65") });
  s.end("a second waits");
  s.post("unlock the second", "/v3/lock/unlock", { key: b("lk/100000001") });
  s.post("unlock again", "/v3/lock/unlock", { key: b("lk/100000001") });
  s.post("unlock without a key", "/v3/lock/unlock", {});
  s.post("an unknown lease", "/v3/lock/lock", { name: b("lk"), lease: 4242 });
  s.post("no name", "/v3/lock/lock", { lease: 101 });
  s.post("unlock no name", "/v3/lock/unlock", { key: b("/65") });
  s.post(
    "without a lease",
    "/v3/lock/lock",
    { name: b("own") },
    { save: { key: "key" }, opaque: true },
  );
  s.post("unlock it", "/v3/lock/unlock", { key: "$key" });
  return s;
}

function elections(): Section {
  const s = new Section("election");
  const leader = "/v3/election/leader";
  s.post("no leader", leader, { name: b("el") });
  s.post(
    "campaign",
    "/v3/election/campaign",
    { name: b("el"), lease: 101, value: b("v1") },
    {
      save: { key: "leader.key", rev: "leader.rev" },
    },
  );
  s.post("leader", leader, { name: b("el") });
  const held = { name: b("el"), key: "$key", rev: "$rev", lease: "101" };
  s.post("campaign again proclaims", "/v3/election/campaign", {
    name: b("el"),
    lease: 101,
    value: b("v2"),
  });
  s.open("observe", "/v3/election/observe", { name: b("el") }, 1);
  s.post("proclaim", "/v3/election/proclaim", { leader: held, value: b("v3") });
  s.read("observe", 1);
  s.open(
    "a second waits",
    "/v3/election/campaign",
    { name: b("el"), lease: 4294967297, value: b("w") },
    -1,
  );
  const waits = { key: b("el/"), range_end: b("el0"), count_only: true };
  s.post("it waits", "/v3/kv/range", waits, { untilCount: 2 });
  s.post("resign", "/v3/election/resign", { leader: held });
  s.end("a second waits");
  s.read("observe", 1);
  s.close("observe");
  s.post("the second leads", leader, { name: b("el") });
  s.post("proclaim without leading", "/v3/election/proclaim", { leader: held, value: b("v4") });
  s.post("resign twice", "/v3/election/resign", { leader: held });
  s.post("proclaim without a leader", "/v3/election/proclaim", { value: b("v4") });
  s.post("resign without a leader", "/v3/election/resign", {});
  s.post("campaign with an unknown lease", "/v3/election/campaign", {
    name: b("el"),
    lease: 4242,
    value: b("x"),
  });
  s.post("leader of no name", leader, {});
  s.post("end of lease 2", "/v3/lease/revoke", { ID: 4294967297 });
  s.post("nobody leads", leader, { name: b("el") });
  s.post("end of lease 1", "/v3/lease/revoke", { ID: 101 });
  return s;
}

export const leaseServices = [leases(), keepalives(), locks(), elections()];
