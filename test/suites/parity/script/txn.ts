import { b, Section } from "../step.ts";

const put = "/v3/kv/put";
const txn = "/v3/kv/txn";

const putOp = (key: string, value = "v") => ({ request_put: { key: b(key), value: b(value) } });
const rangeOp = (key: string) => ({ request_range: { key: b(key) } });
const deleteOp = (key: string, end?: string) => ({
  request_delete_range: { key: b(key), ...(end === undefined ? {} : { range_end: b(end) }) },
});
const txnOp = (body: object) => ({ request_txn: body });

/** Every target with every result, on a key that is there, one that is not, and a range. */
function compares(): Section {
  const s = new Section("compare");
  s.post("fixture", put, { key: b("t/a"), value: b("m") }, { save: { made: "header.revision" } });
  s.post(
    "fixture again",
    put,
    { key: b("t/a"), value: b("m") },
    { save: { changed: "header.revision" } },
  );
  s.post("fixture lease", "/v3/lease/grant", { ID: 71, TTL: 600 });
  s.post("fixture with lease", put, { key: b("t/l"), value: b("m"), lease: 71 });
  const values: Record<string, readonly [string, unknown]> = {
    VERSION: ["version", 2],
    CREATE: ["create_revision", "$made"],
    MOD: ["mod_revision", "$changed"],
    VALUE: ["value", b("m")],
    LEASE: ["lease", 71],
  };
  for (const [target, [field, value]] of Object.entries(values)) {
    const key = target === "LEASE" ? "t/l" : "t/a";
    for (const result of ["EQUAL", "GREATER", "LESS", "NOT_EQUAL"]) {
      const compare = { target, result, [field]: value };
      s.post(`${target} ${result}`, txn, { compare: [{ ...compare, key: b(key) }] });
      s.post(`${target} ${result}, no such key`, txn, {
        compare: [{ ...compare, key: b("t/none") }],
      });
    }
    const zero = { target, result: "EQUAL", key: b("t/none") };
    s.post(`${target} without a value, no such key`, txn, { compare: [zero] });
    s.post(`${target} without a value`, txn, { compare: [{ ...zero, key: b(key) }] });
    const over = { target, result: "GREATER", key: b("t/"), range_end: b("t0") };
    s.post(`${target} over a range`, txn, { compare: [over] });
    s.post(`${target} over an empty range`, txn, { compare: [{ ...over, key: b("t/x") }] });
  }
  s.post("VALUE between", txn, {
    compare: [{ key: b("t/a"), target: 3, result: 1, value: b("l") }],
  });
  s.post("enums as numbers", txn, {
    compare: [{ key: b("t/a"), target: 0, result: 0, version: "2" }],
  });
  s.post("a value of another target counts as 0", txn, {
    compare: [{ key: b("t/a"), target: "MOD", version: 2 }],
  });
  s.post("all must hold", txn, {
    compare: [
      { key: b("t/a"), version: 2 },
      { key: b("t/a"), version: 3 },
    ],
    ...{ success: [rangeOp("t/a")], failure: [rangeOp("t/l")] },
  });
  s.post("no key in a compare", txn, { compare: [{ version: 0 }] });
  s.post("lowerCamelCase names", txn, {
    compare: [{ key: b("t/none"), target: "CREATE", createRevision: 0, rangeEnd: "" }],
    success: [{ requestRange: { key: b("t/a"), keysOnly: true } }],
  });
  s.post("modRevision", txn, {
    compare: [{ key: b("t/a"), target: "MOD", modRevision: "$changed" }],
  });
  return s;
}

function operations(): Section {
  const s = new Section("txn");
  s.post("empty", txn, {});
  s.post("empty body", txn, "");
  s.post("lists empty", txn, { compare: [], success: [], failure: [] });
  const absent = { key: b("t/cas"), target: "CREATE", result: "EQUAL", create_revision: "0" };
  const create = { compare: [absent], success: [putOp("t/cas", "1")], failure: [rangeOp("t/cas")] };
  s.post("create if absent", txn, create);
  s.post("create if absent, present", txn, create);
  s.post("one revision for all changes", txn, {
    success: [putOp("t/1"), rangeOp("t/1"), putOp("t/2"), deleteOp("t/1"), rangeOp("t/1")],
  });
  s.post("reads before a change see the old revision", txn, {
    success: [rangeOp("t/1"), deleteOp("t/none"), putOp("t/3"), deleteOp("t/none")],
  });
  s.post("a change that is none leaves the revision", txn, { success: [deleteOp("t/none")] });
  s.post("prev_kv within", txn, {
    success: [
      { request_put: { key: b("t/3"), value: b("w"), prev_kv: true } },
      { request_delete_range: { key: b("t/2"), prev_kv: true } },
    ],
  });
  s.post("the failure branch writes", txn, {
    compare: [{ key: b("t/3"), target: "VALUE", value: b("no") }],
    ...{ success: [putOp("t/s")], failure: [putOp("t/f"), rangeOp("t/f")] },
  });
  s.post("range options within", txn, {
    success: [
      {
        request_range: {
          ...{ key: b("t/"), range_end: b("t0"), limit: 2, keys_only: true },
          ...{ sort_order: "DESCEND", sort_target: "KEY" },
        },
      },
      { request_range: { key: b("t/"), range_end: b("t0"), count_only: true } },
    ],
  });
  const all = { key: b("t/"), range_end: b("t0") };
  for (const target of ["KEY", "VERSION", "CREATE", "MOD", "VALUE"]) {
    const sorted = ["NONE", "ASCEND", "DESCEND"].map((order) => ({
      request_range: { ...all, sort_target: target, sort_order: order, limit: 3 },
    }));
    s.post(`sorted by ${target} within`, txn, { success: sorted });
  }
  s.post("filters within", txn, {
    success: [
      { request_range: { ...all, min_mod_revision: "$changed", serializable: true } },
      { request_range: { ...all, max_mod_revision: "$changed" } },
      { request_range: { ...all, min_create_revision: "$changed" } },
      { request_range: { ...all, max_create_revision: "$made" } },
    ],
  });
  s.post("a read only transaction", txn, { success: [rangeOp("t/3"), rangeOp("t/none")] });
  s.post("an old revision within", txn, {
    success: [{ request_range: { key: b("t/a"), revision: "$made" } }],
  });
  s.post("request_txn nested", txn, {
    success: [
      txnOp({ success: [putOp("t/n1"), rangeOp("t/n1")], failure: [putOp("t/n2")] }),
      { request_delete_range: { key: b("t/n1"), prev_kv: true } },
    ],
  });
  s.post("nested compare sees earlier writes", txn, {
    success: [
      putOp("t/n3", "x"),
      txnOp({
        compare: [{ key: b("t/n3"), target: "VALUE", value: b("x") }],
        ...{ success: [rangeOp("t/n3")], failure: [rangeOp("t/none")] },
      }),
    ],
  });
  s.post("nested in failure, as Patroni updates its leader", txn, {
    compare: [{ key: b("t/n3"), target: "VALUE", value: b("other") }],
    success: [putOp("t/n3", "y")],
    failure: [
      txnOp({
        compare: [{ key: b("t/n4"), target: "CREATE", create_revision: 0 }],
        success: [putOp("t/n4", "z")],
      }),
    ],
  });
  s.post("a nested transaction that only reads", txn, {
    success: [txnOp({ success: [rangeOp("t/3")] })],
  });
  s.post("lowerCamelCase operations", txn, {
    success: [
      { requestPut: { key: b("t/c"), value: b("1") } },
      { requestDeleteRange: { key: b("t/c"), rangeEnd: b("t/d") } },
      { requestTxn: { success: [{ requestRange: { key: b("t/3") } }] } },
    ],
  });
  return s;
}

/** What a transaction is refused for; none of it writes. */
function refusals(): Section {
  const s = new Section("txn refused");
  const bodies: Record<string, object> = {
    "an operation that is none": { success: [{}] },
    "the curl test's malformed operation": {
      compare: [{ result: 0, target: 1, key: b("foo"), TargetUnion: null }],
      success: [{ Request: { RequestPut: { key: b("foo"), value: b("bar") } } }],
    },
    "no key in a put": { success: [{ request_put: { value: b("x") } }] },
    "no key in a range": { success: [{ request_range: {} }] },
    "no key in a delete": { failure: [{ request_delete_range: {} }] },
    "a value with ignore_value": {
      success: [{ request_put: { key: b("t/a"), value: b("x"), ignore_value: true } }],
    },
    "a lease with ignore_lease": {
      success: [{ request_put: { key: b("t/a"), lease: 71, ignore_lease: true } }],
    },
    "two puts of one key": { success: [putOp("t/d"), putOp("t/d")] },
    "a put within a delete": { success: [deleteOp("t/d", "t/e"), putOp("t/d1")] },
    "a delete of a key that is put": { success: [putOp("t/d"), deleteOp("t/d")] },
    "two puts in the branch that does not run": { failure: [putOp("t/d"), putOp("t/d")] },
    "a nested put of the same key": { success: [putOp("t/d"), txnOp({ success: [putOp("t/d")] })] },
    "two nested puts of one key": {
      success: [txnOp({ success: [putOp("t/d")] }), txnOp({ failure: [putOp("t/d")] })],
    },
    "a nested put in an outer delete": {
      success: [deleteOp("t/d", "t/e"), txnOp({ success: [putOp("t/d2")] })],
    },
    "a future revision within": {
      success: [{ request_range: { key: b("t/a"), revision: 100_000 } }],
    },
    "an unknown lease within": {
      success: [putOp("t/ok"), { request_put: { key: b("t/d"), lease: 4242 } }],
    },
    "ignore_value of a missing key within": {
      success: [putOp("t/ok"), { request_put: { key: b("t/none"), ignore_value: true } }],
    },
    "ignore_lease of a missing key within": {
      success: [putOp("t/ok"), { request_put: { key: b("t/none"), ignore_lease: true } }],
    },
    "an unknown lease in a nested put": {
      success: [txnOp({ success: [{ request_put: { key: b("t/d"), lease: 4242 } }] })],
    },
    "129 operations": { success: Array.from({ length: 129 }, (_, i) => putOp(`t/many${i}`)) },
    "129 compares": { compare: Array.from({ length: 129 }, () => ({ key: b("t/a"), version: 2 })) },
    "nested beyond the budget": {
      success: [
        ...Array.from({ length: 100 }, (_, i) => putOp(`t/many${i}`)),
        txnOp({ success: Array.from({ length: 29 }, (_, i) => putOp(`t/more${i}`)) }),
      ],
    },
  };
  for (const [name, body] of Object.entries(bodies)) s.post(name, txn, body);
  s.post("nothing of it was written", "/v3/kv/range", {
    key: b("t/d"),
    range_end: b("t/p"),
    keys_only: true,
  });
  const allowed: Record<string, object> = {
    "deletes may overlap": { success: [deleteOp("t/m", "t/n"), deleteOp("t/m", "t/n")] },
    "both branches may put one key": { success: [putOp("t/d")], failure: [putOp("t/d")] },
    "both branches of a nested one may": {
      success: [txnOp({ success: [putOp("t/d")], failure: [putOp("t/d")] })],
    },
    "128 operations": {
      success: Array.from({ length: 128 }, () => ({
        request_range: { key: b("t/a"), count_only: true },
      })),
    },
    "a nested put before an outer delete": {
      success: [txnOp({ success: [rangeOp("t/d")] }), deleteOp("t/d", "t/e")],
    },
  };
  for (const [name, body] of Object.entries(allowed)) s.post(name, txn, body);
  // An etcd 3.4 takes one of the two, and writes.
  s.post(
    "two members of one oneof",
    txn,
    {
      success: [
        { request_put: { key: b("t/o"), value: b("1") }, request_range: { key: b("t/a") } },
      ],
    },
    {
      ...{ since: "3.6", malformed: true },
      expect: { status: 400, body: { error: "<decoder's text>", code: 3 } },
    },
  );
  return s;
}

export const transactions = [compares(), operations(), refusals()];
