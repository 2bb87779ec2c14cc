import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  JsonMappingError,
  maxJsonValues,
  readMessage,
} from "../../../../../src/api/gateway/json/read.ts";
import { JsonReader, JsonSyntaxError, maxDepth } from "../../../../../src/api/gateway/json/text.ts";
import { writeMessage } from "../../../../../src/api/gateway/json/write.ts";
import { fromBase64, toBase64 } from "../../../../../src/api/http/base64.ts";
import {
  AlarmResponse,
  AuthenticateRequest,
  Compare,
  LeaseGrantRequest,
  LeaseGrantResponse,
  MemberRemoveRequest,
  RangeRequest,
  RangeResponse,
  ResponseHeader,
  ResponseOp,
  StatusResponse,
  TxnRequest,
  TxnResponse,
  WatchCreateRequest,
} from "../../../../../src/proto/generated/etcd.ts";
import { utf8 } from "../../../../support/bytes.ts";
import { type Json, JsonObject, treeOf } from "../../../../support/json-tree.ts";

const parse = (text: string): Json => treeOf(new JsonReader(text));
const range = (text: string) => readMessage(RangeRequest, text);

test("both spellings of a name are read, and the last value in the document wins", () => {
  assert.deepEqual(range('{"range_end":"YQ==","rangeEnd":"Yg=="}').rangeEnd, utf8("b"));
  assert.deepEqual(range('{"rangeEnd":"Yg==","range_end":"YQ=="}').rangeEnd, utf8("a"));
  assert.equal(range('{"limit":1,"limit":2}').limit, 2);
});

test("unknown names are ignored, whatever they hold", () => {
  assert.deepEqual(range('{"nope":{"a":[1,null]},"__proto__":{"limit":3}}'), RangeRequest.create());
});

test("null is the default, at the top and in a field", () => {
  assert.deepEqual(range("null"), RangeRequest.create());
  assert.deepEqual(range('{"key":null,"limit":null}'), RangeRequest.create());
});

test("64-bit integers are exact, bare or quoted", () => {
  for (const text of ["9223372036854775807", "-9223372036854775808", "2324035539054921080", "0"]) {
    for (const written of [text, `"${text}"`]) {
      assert.equal(readMessage(LeaseGrantRequest, `{"ID":${written}}`).ID, BigInt(text));
    }
  }
  const largest = "18446744073709551615";
  assert.equal(readMessage(MemberRemoveRequest, `{"ID":${largest}}`).ID, 2n ** 64n - 1n);
});

test("integers may be written as fractions or powers only where they are integral", () => {
  assert.equal(range('{"limit":1e3}').limit, 1000);
  assert.equal(range('{"limit":"10.0"}').limit, 10);
  assert.equal(range('{"limit":120e-1}').limit, 12);
  assert.equal(range('{"limit":-0}').limit, 0);
  for (const wrong of [
    "1.5",
    '"1.5"',
    "1e-1",
    '""',
    '" 1"',
    "true",
    "{}",
    "[]",
    '"0x1"',
    "1e400",
  ]) {
    assert.throws(() => range(`{"limit":${wrong}}`), JsonMappingError, wrong);
  }
  for (const wrong of ["9223372036854775808", '"-9223372036854775809"', "1e19"]) {
    assert.throws(() => range(`{"limit":${wrong}}`), JsonMappingError, wrong);
  }
  assert.throws(() => readMessage(MemberRemoveRequest, '{"ID":-1}'), JsonMappingError);
});

test("what exceeds every revision there is saturates", () => {
  assert.equal(range('{"revision":9223372036854775807}').revision, Number.MAX_SAFE_INTEGER);
  assert.equal(range('{"revision":-9223372036854775808}').revision, Number.MIN_SAFE_INTEGER);
});

test("bytes are read in either alphabet, padded or not", () => {
  for (const text of ["+/8=", "-_8=", "+/8", "-_8", "+/\\n8=", "+/\\r\\n8"]) {
    assert.deepEqual(range(`{"key":"${text}"}`).key, Uint8Array.of(0xfb, 0xff), text);
  }
  for (const text of ["!!!!", "A", "AAAAA", "AA=A", "====", "+_8=", "AA===", "ä"]) {
    assert.throws(() => range(`{"key":"${text}"}`), JsonMappingError, text);
  }
  assert.throws(() => range('{"key":[1,2]}'), JsonMappingError);
});

test("enums are read by name or number; a name that does not exist is an error", () => {
  assert.equal(range('{"sort_order":"DESCEND"}').sortOrder, 2);
  assert.equal(range('{"sort_order":2}').sortOrder, 2);
  assert.equal(range('{"sort_order":77}').sortOrder, 77);
  for (const wrong of ['"UP"', '"descend"', '"constructor"', "1.5", "true", "{}", "4294967296"]) {
    assert.throws(() => range(`{"sort_order":${wrong}}`), JsonMappingError, wrong);
  }
});

test("two members of one oneof are refused, one twice or one and a null are not", () => {
  const compare = (text: string) => readMessage(Compare, text);
  assert.throws(() => compare('{"version":1,"create_revision":1}'), /already set/);
  assert.equal(compare('{"version":1,"version":2}').version, 2);
  assert.equal(compare('{"version":1,"value":null}').version, 1);
  assert.equal(compare('{"version":null,"lease":"5"}').lease, 5n);
});

test("messages and lists are read at any depth", () => {
  const txn = readMessage(
    TxnRequest,
    '{"success":[{"requestTxn":{"failure":[{"request_put":{"key":"YQ=="}}]}}]}',
  );
  assert.deepEqual(txn.success[0]?.requestTxn?.failure[0]?.requestPut?.key, utf8("a"));
  for (const wrong of ['{"success":{}}', '{"success":[null]}', '{"success":["x"]}', "[]", "1"]) {
    assert.throws(() => readMessage(TxnRequest, wrong), JsonMappingError, wrong);
  }
});

test("answers leave zeros out, keep the order of declaration, and quote 64-bit integers", () => {
  const header = ResponseHeader.create({ clusterId: 2n ** 63n, memberId: 1n, revision: 7 });
  const kv = { key: utf8("k"), value: utf8(""), createRevision: 2, modRevision: 3, version: 2 };
  assert.equal(
    writeMessage(RangeResponse, { header, kvs: [{ ...kv, lease: -5n }], more: true, count: 0 }),
    '{"header":{"cluster_id":"9223372036854775808","member_id":"1","revision":"7"},' +
      '"kvs":[{"key":"aw==","create_revision":"2","mod_revision":"3","version":"2",' +
      '"lease":"-5"}],"more":true}',
  );
  assert.equal(writeMessage(LeaseGrantResponse, LeaseGrantResponse.create()), "{}");
  assert.equal(
    writeMessage(AlarmResponse, AlarmResponse.create({ alarms: [{ memberID: 2n, alarm: 1 }] })),
    '{"alarms":[{"memberID":"2","alarm":"NOSPACE"}]}',
  );
  assert.equal(
    writeMessage(StatusResponse, StatusResponse.create({ errors: ['a "b"\n'] })),
    '{"errors":["a \\"b\\"\\n"]}',
  );
});

test("an empty message that is set is written as {}", () => {
  const nested = TxnResponse.create({ header: ResponseHeader.create(), succeeded: true });
  const op = { ...ResponseOp.create(), responseTxn: nested };
  assert.equal(
    writeMessage(TxnResponse, TxnResponse.create({ responses: [op] })),
    '{"responses":[{"response_txn":{"header":{},"succeeded":true}}]}',
  );
});

test("values follow each other, and what comes after is left", () => {
  const reader = new JsonReader(' {"a":1}{"b":[2]} \n"x" rest');
  assert.deepEqual([reader.raw(), reader.raw(), reader.raw()], ['{"a":1}', '{"b":[2]}', '"x"']);
  assert.equal(reader.atEnd(), false);
  assert.throws(() => reader.raw(), JsonSyntaxError);
  assert.equal(range('{"limit":1} garbage').limit, 1);
});

test("text that only lacks its end is told from text that is wrong", () => {
  for (const text of ["", " ", "{", '{"a', '{"a":', '{"a":1', "[", "[1,", '"x', "tru", '"a\\"']) {
    assert.throws(() => parse(text), { message: "unexpected EOF" }, text);
    assert.throws(() => new JsonReader(text).raw(), { message: "unexpected EOF" }, text);
  }
  for (const text of [
    "}",
    "{,}",
    '{"a" 1}',
    "{1:2}",
    "[1 2]",
    "nul!",
    "{'a':1}",
    '{"a":01}',
    '"\n"',
  ]) {
    assert.throws(() => parse(text), /invalid/, text);
    assert.throws(() => new JsonReader(text).raw(), /invalid/, text);
  }
});

test("nesting is bounded", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  parse(nested(maxDepth));
  assert.throws(() => parse(nested(maxDepth + 1)), /recursion depth/);
  assert.throws(() => parse('{"a":'.repeat(100_000)), /recursion depth/);
});

test("any JSON text reads as JSON.parse reads it", () => {
  const plain = (json: Json): unknown => {
    if (typeof json === "string") return json;
    if (json instanceof JsonObject) {
      return Object.fromEntries(json.members.map(([name, value]) => [name, plain(value)]));
    }
    return "source" in json ? JSON.parse(json.source) : json.map(plain);
  };
  fc.assert(
    fc.property(fc.json({ maxDepth: 3 }), fc.boolean(), (text, wide) => {
      const written = wide ? JSON.stringify(JSON.parse(text), null, 2) : text;
      assert.deepEqual(plain(parse(written)), JSON.parse(written));
      assert.equal(new JsonReader(`${written} 1`).raw(), written);
    }),
  );
});

test("any bytes survive base64", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
      assert.equal(toBase64(data), Buffer.from(data).toString("base64"));
      assert.deepEqual(fromBase64(toBase64(data)), data);
      assert.deepEqual(fromBase64(Buffer.from(data).toString("base64url")), data);
    }),
  );
});

test("half a character is no text, wherever it stands", () => {
  const authenticate = (text: string) => readMessage(AuthenticateRequest, text);
  for (const half of ["\\ud800", "\\udc00", "a\\ud83dz", "\\udc00\\ud800"]) {
    for (const text of [`{"password":"${half}"}`, `{"${half}":1}`, `{"x":["${half}"]}`]) {
      assert.throws(() => authenticate(text), JsonSyntaxError, text);
    }
  }
  assert.equal(authenticate('{"password":"\\ud83d\\ude00"}').password, "\u{1f600}");
  assert.equal(authenticate('{"password":"\ufffd"}').password, "\ufffd");
});

test("a message has a bounded number of values; what is skipped is none", () => {
  const compares = (count: number) => `{"compare":[${"{},".repeat(count - 1)}{}]}`;
  const most = maxJsonValues - 1;
  assert.equal(readMessage(TxnRequest, compares(most)).compare.length, most);
  assert.throws(() => readMessage(TxnRequest, compares(most + 1)), /too many values/);
  const filters = `{"filters":[${"0,".repeat(maxJsonValues)}0]}`;
  assert.throws(() => readMessage(WatchCreateRequest, filters), /too many values/);
  const again = `{${'"limit":1,'.repeat(maxJsonValues + 1)}"limit":2}`;
  assert.throws(() => range(again), /too many values/);
  const unknown = `{"x":[${"1,".repeat(2 * maxJsonValues)}1],"limit":2}`;
  assert.equal(range(unknown).limit, 2);
});
