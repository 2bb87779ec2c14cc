/** Query parameters: one that is not known, or comes twice, is refused, and nothing is done. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Front } from "../../../../src/api/front.ts";
import { Parameters } from "../../../../src/api/http/parameters.ts";
import { methodsOf } from "../../../../src/api/http/route.ts";
import { routes as answered } from "../../../../src/api/routes.ts";
import { RangeResponse, ResponseHeader } from "../../../../src/proto/generated/etcd.ts";
import { Response as KvResponse } from "../../../../src/proto/generated/kv.ts";
import { FakeMember, header, JumpingClock, putAnswer } from "../support/members.ts";

const textOf = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

test("names and values are what their bytes say, and + is a space", () => {
  const allowed = { once: ["prefix", "a b", "é"], many: ["exclude"] };
  const search = "?pre%66ix=a%00%2B+b=c&exclude=1&&%65xclude=2&a+b&%C3%A9=%C3%A9&";
  const parameters = new Parameters(search, allowed);
  assert.equal(textOf(parameters.bytes("prefix")), "a\0+ b=c");
  assert.deepEqual(parameters.all("exclude"), ["1", "2"]);
  assert.equal(parameters.text("a b"), "");
  assert.equal(parameters.text("é"), "é");
  assert.equal(parameters.has("other"), false);
  assert.equal(parameters.text("other"), undefined);
  assert.equal(new Parameters("", allowed).has("prefix"), false);
  assert.equal(new Parameters("?", allowed).has("prefix"), false);
  assert.deepEqual(new Parameters("?prefix=%FF", allowed).bytes("prefix"), Uint8Array.of(0xff));
});

test("what cannot be read as parameters says why", () => {
  const of = (search: string) => new Parameters(search, { once: ["ttl", "lease"] });
  const faults: [string, RegExp][] = [
    ["?TTL=5", /^unknown parameter "TTL": this request takes ttl, lease$/],
    ["?ttl=5&ttl=5", /^ttl is there more than once$/],
    ["?ttl=5&%74tl=600", /^ttl is there more than once$/],
    ["?=5", /^unknown parameter ""/],
    ["?ttl =5", /^unknown parameter "ttl "/],
    ["?%FF=5", /^unknown parameter "%FF"/],
    ["?%zz=5", /^the name of a parameter is not percent-encoded$/],
    ["?ttl=%zz", /^ttl is not percent-encoded$/],
    ["?ttl=%", /^ttl is not percent-encoded$/],
    ["?__proto__=5", /^unknown parameter "__proto__"/],
    [`?${"x".repeat(9_000)}=5`, /^unknown parameter "x{40}":/],
  ];
  for (const [search, message] of faults) {
    assert.throws(() => of(search), { name: "ApiError", httpStatus: 400, message }, search);
  }
  const parameters = of("?ttl=%FF&lease=yes");
  assert.throws(() => parameters.text("ttl"), /ttl is no UTF-8/);
  assert.throws(() => parameters.flag("lease"), /lease must be true or false/);
});

/** A front, and how often it asked its one member for anything. */
function setUp() {
  const member = new FakeMember(1);
  const range = RangeResponse.create({ header: ResponseHeader.create({ revision: 5 }) });
  const response = KvResponse.encode(KvResponse.create({ range }));
  member.answers = [{ kind: "ok", header: header(1), response }];
  let asked = 0;
  const front = new Front(
    {
      ...{ development: true, token: "", tokens: [], hostSuffix: "" },
      ...{ clusters: undefined, initialMembers: [1] },
    },
    {
      member: () => {
        asked += 1;
        return member;
      },
      ...{ clock: new JumpingClock(), random: (length) => new Uint8Array(length).fill(1) },
      upgrade: () => {
        throw new Error("no sockets here");
      },
    },
  );
  const ask = async (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body = "x",
  ) => {
    const init = { method, headers, ...(/^(?:PUT|POST)$/.test(method) ? { body } : {}) };
    const request = new Request(`http://any.test${path}`, init);
    const { status, body: stream } = await front.handle(request, () => undefined);
    const text = stream === null ? "" : await new Response(stream).text();
    return { status, text };
  };
  return { ask, member, asked: () => asked };
}

const sse = { accept: "text/event-stream" };
/** Every route outside of /v3, and one parameter that it takes once, if any. */
const routes: [string, string, string?, Record<string, string>?][] = [
  ["GET", "/kv", "prefix=a"],
  ["GET", "/kv", "limit=1"],
  ["GET", "/kv", "after=a"],
  ["GET", "/kv", "keys_only=true"],
  ["GET", "/kv/", "consistency=serializable"],
  ["HEAD", "/kv", "prefix=a"],
  ["PUT", "/kv", "ttl=60"],
  ["DELETE", "/kv", "prefix=a"],
  ["GET", "/kv", "prefix=a", sse],
  ["GET", "/kv", "revision=1", sse],
  ["GET", "/kv/a", "consistency=linearizable"],
  ["HEAD", "/kv/a", "consistency=linearizable"],
  ["GET", "/kv/a", "revision=1", sse],
  ["PUT", "/kv/a", "ttl=60"],
  ["PUT", "/kv/a", "lease=60"],
  ["DELETE", "/kv/a"],
  ["GET", "/cluster"],
  ["HEAD", "/cluster"],
  ["GET", "/cluster/members"],
  ["HEAD", "/cluster/members"],
  ["POST", "/cluster/members"],
  ["GET", "/cluster/members/1"],
  ["HEAD", "/cluster/members/1"],
  ["DELETE", "/cluster/members/1"],
  ["POST", "/cluster/members/1/promote"],
  ["POST", "/cluster/leader"],
  ["POST", "/cluster/force-new"],
  ["POST", "/cluster/restore", "bump_revision=1"],
  ["GET", "/cluster/backup", "member=1"],
  ["HEAD", "/cluster/backup", "possibly_old=true"],
  ["GET", "/metrics"],
  ["HEAD", "/metrics"],
  ["GET", "/debug/vars"],
  ["HEAD", "/debug/vars"],
  ["GET", "/version"],
  ["GET", "/health", "serializable=true"],
  ["GET", "/livez", "verbose"],
  ["GET", "/readyz", "verbose"],
  ["GET", "/readyz/serializable_read", "verbose"],
];

for (const [method, path, parameter, headers] of routes) {
  const kind = headers === undefined ? "" : " for events";
  const what = parameter ?? "no parameter";
  test(`${method} ${path}${kind}, ${what}: no other, and none twice`, async () => {
    const { ask, asked } = setUp();
    const known = parameter === undefined ? [] : [parameter];
    const name = parameter?.split("=")[0] ?? "prefix";
    const wrong = ["_=1", "prefixx=a", `${name.toUpperCase()}=5`, `${name}%00=5`];
    const searches = [...wrong, "%zz=1"].map((one) => [...known, one].join("&"));
    if (parameter !== undefined) {
      searches.push(`${parameter}&${parameter}`);
      searches.push(`${parameter}&%${parameter.charCodeAt(0).toString(16)}${parameter.slice(1)}`);
    }
    for (const search of searches) {
      const { status, text } = await ask(method, `${path}?${search}`, headers);
      assert.equal(status, 400, `${search}: ${text}`);
      const told = /unknown parameter|more than once|the name of a parameter/;
      assert.match(text, told, search);
    }
    assert.equal(asked(), 0, "no member was asked for anything");
  });
}

test("the table of routes and this one have the same methods", () => {
  const methodsAt = (path: string) => methodsOf(answered.find(path).route);
  for (const [method, path] of routes) assert.ok(methodsAt(path).includes(method), path);
  for (const path of new Set(routes.map(([, one]) => one))) {
    const tested = routes.filter(([, one]) => one === path || one === `${path}/`);
    assert.deepEqual(
      new Set(tested.map(([method]) => method)),
      new Set(methodsAt(path).filter((method) => path !== "/kv/" || method === "GET")),
      path,
    );
  }
});

test("each mistake is told by itself", async () => {
  const { ask, asked } = setUp();
  const mistakes: [string, RegExp][] = [
    ["/kv/a?ttl=", /^ttl must be a whole number of seconds, 1 or more$/],
    ["/kv/a?ttl=0", /^ttl must be/],
    ["/kv/a?ttl=soon", /^ttl must be/],
    ["/kv/a?lease=", /^lease must be the id of a lease, a decimal number$/],
    ["/kv/a?lease=0", /^lease must be/],
    ["/kv/a?ttl=5&lease=6", /^ttl asks for a new lease, and lease for one there is/],
    ["/kv", /^name a key: PUT \/kv\/<key>$/],
    ["/kv/", /^name a key/],
  ];
  for (const [path, error] of mistakes) {
    const { status, text } = await ask("PUT", path);
    assert.equal(status, 400, path);
    assert.match(JSON.parse(text).message, error, path);
  }
  assert.equal(asked(), 0, "no member was asked for anything");
});

test("parameters of another request than this are refused", async () => {
  const { ask, asked } = setUp();
  const wrong: [string, string, Record<string, string>?][] = [
    ["DELETE", "/kv/a?prefix=a"],
    ["DELETE", "/kv?prefix=a&limit=1"],
    ["DELETE", "/kv/a?lease=1"],
    ["GET", "/kv/a?revision=2"],
    ["GET", "/kv?prefix=a&revision=2"],
    ["GET", "/kv?prefix=a&limit=5", sse],
    ["GET", "/kv/a?prefix=a", sse],
    ["GET", "/kv/a?ttl=5"],
    ["PUT", "/kv/a?consistency=serializable"],
    ["POST", "/cluster/leader?target=2"],
    ["DELETE", "/cluster/members/1?id=2"],
    ["GET", "/livez?serializable=true"],
  ];
  for (const [method, path, headers] of wrong) {
    const { status, text } = await ask(method, path, headers);
    assert.equal(status, 400, `${method} ${path}: ${text}`);
    assert.match(text, /unknown parameter/, path);
  }
  assert.equal(asked(), 0);
});

test("a value that is none of those there may be is refused", async () => {
  const { ask, member } = setUp();
  for (const path of [
    ...["/kv?keys_only=1", "/kv?keys_only", "/kv?keys_only=TRUE", "/kv?limit=", "/kv?consistency="],
    ...["/cluster/backup?member=1&possibly_old=1", "/kv?consistency=%FF"],
  ]) {
    assert.equal((await ask("GET", path)).status, 400, path);
  }
  for (const search of ["ttl=", "lease=", "ttl=5&lease=6", "ttl=%35%00"]) {
    assert.equal((await ask("PUT", `/kv/a?${search}`)).status, 400, search);
  }
  assert.equal((await ask("GET", "/kv/a?revision=", sse)).status, 400);
  assert.equal((await ask("POST", "/cluster/restore?bump_revision=")).status, 400);
  assert.equal(member.proposals.length + member.backupsAsked, 0);
});

test("names that are percent-encoded are the same names", async () => {
  const { ask, member } = setUp();
  assert.equal((await ask("GET", "/kv?pre%66ix=%61%2F&%6c%69mit=7")).status, 200);
  const { range } = member.queries[0] ?? {};
  assert.equal(textOf(range?.key), "a/");
  assert.equal(textOf(range?.rangeEnd), "a0");
  assert.equal(range?.limit, 7);
  assert.equal((await ask("GET", "/kv/a?consistency=%73erializable")).status, 404);
  assert.equal(member.queries[1]?.range?.serializable, true);
});

test("below /v3, and where there is no such path or method, nothing is said of them", async () => {
  const { ask, member } = setUp();
  member.answers = [putAnswer(header(1))];
  const put = JSON.stringify({ key: "YQ==" });
  assert.equal((await ask("POST", "/v3/kv/put?_=1&_=2&%zz", {}, put)).status, 200);
  assert.equal((await ask("GET", "/v3/kv/put?x=1")).status, 501);
  assert.equal((await ask("GET", "/nothing?x=1")).status, 404);
  assert.equal((await ask("PUT", "/metrics?x=1")).status, 405);
  assert.equal((await ask("PATCH", "/kv/a?x=1")).status, 405);
  assert.equal((await ask("OPTIONS", "/kv/a?x=1")).status, 200);
});

test("several alarms and checks can be excluded", async () => {
  const { ask } = setUp();
  const { status, text } = await ask(
    "GET",
    "/readyz?verbose&exclude=data_corruption&exclude=non_learner&exclude=linearizable_read",
  );
  assert.deepEqual({ status, text }, { status: 200, text: "[+]serializable_read ok\nok\n" });
});
