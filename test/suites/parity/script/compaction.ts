import { b, Section } from "../step.ts";

const compact = "/v3/kv/compaction";
const range = "/v3/kv/range";

function beforeAnyWrite(): Section {
  const s = new Section("compaction of a new store");
  s.post("revision -1", compact, { revision: -1 });
  s.post("revision 0", compact, {});
  s.post("revision 0 again", compact, { revision: 0 });
  s.post("a future revision", compact, { revision: 10_000 });
  s.post("a future revision as text", compact, { revision: "10000" });
  return s;
}

function afterWrites(): Section {
  const s = new Section("compaction");
  const put = "/v3/kv/put";
  s.post("a", put, { key: b("c/a"), value: b("1") }, { save: { first: "header.revision" } });
  s.post("b", put, { key: b("c/b"), value: b("1") });
  s.post("a again", put, { key: b("c/a"), value: b("2") }, { save: { at: "header.revision" } });
  s.post(
    "b deleted",
    "/v3/kv/deleterange",
    { key: b("c/b") },
    { save: { gone: "header.revision" } },
  );
  s.post(
    "a once more",
    put,
    { key: b("c/a"), value: b("3") },
    { save: { now: "header.revision" } },
  );
  s.post("compact", compact, { revision: "$at" });
  s.post("compact again", compact, { revision: "$at" });
  s.post("compact lower", compact, { revision: "$first" });
  s.post("compact at 0", compact, { revision: 0 });
  s.post("compact negative", compact, { revision: -5 });
  const all = { key: b("c/"), range_end: b("c0") };
  s.post("below is compacted", range, { ...all, revision: "$first" });
  s.post("at is readable", range, { ...all, revision: "$at" });
  s.post("above is readable", range, { ...all, revision: "$gone" });
  s.post("count below is compacted", range, { ...all, revision: "$first", count_only: true });
  s.post("below within a transaction", "/v3/kv/txn", {
    success: [{ request_range: { ...all, revision: "$first" } }],
  });
  s.post("negative within a transaction", "/v3/kv/txn", {
    success: [{ request_range: { ...all, revision: -1 } }],
  });
  s.stream("watch below", "/v3/watch", { create_request: { ...all, start_revision: "$first" } }, 2);
  s.stream("watch at", "/v3/watch", { create_request: { ...all, start_revision: "$at" } }, 2);
  s.stream(
    "watch with prev_kv at",
    "/v3/watch",
    {
      create_request: { ...all, start_revision: "$at", prev_kv: true },
    },
    2,
  );
  s.post("physical", compact, { revision: "$now", physical: true });
  s.post("live data stays", range, all);
  s.post("the store goes on", put, { key: b("c/a"), value: b("4"), prev_kv: true });
  return s;
}

export const newStore = [beforeAnyWrite()];
export const compaction = [afterWrites()];
