import assert from "node:assert/strict";
import { test } from "node:test";
import {
  comparisonsOf,
  conditionsOf,
  readStatus,
  refusalText,
} from "../../../../src/api/plain/conditions.ts";
import { CompareResult, CompareTarget } from "../../../../src/proto/generated/etcd.ts";

const of = (headers: Record<string, string>) => conditionsOf(new Headers(headers));
const statusAt6 = (headers: Record<string, string>) => readStatus(of(headers), 6);

test("a reader's If-None-Match compares weakly, any of a list", () => {
  for (const tags of ['"6"', 'W/"6"', '"1", "6"', ' W/"7" ,W/"6"', '"a,b","6"', "*", '"6",']) {
    assert.equal(statusAt6({ "if-none-match": tags }), 304, tags);
  }
  for (const tags of ['"7"', 'W/"60"', '"06"', '"6x"', '"x"', '""']) {
    assert.equal(statusAt6({ "if-none-match": tags }), undefined, tags);
  }
});

test("a reader's If-Match compares strongly, and comes first", () => {
  for (const tags of ['"6"', '"1","6"', "*"]) {
    assert.equal(statusAt6({ "if-match": tags }), undefined, tags);
  }
  for (const tags of ['W/"6"', '"7"', '"x"']) {
    assert.equal(statusAt6({ "if-match": tags }), 412, tags);
  }
  assert.equal(statusAt6({ "if-match": '"7"', "if-none-match": '"6"' }), 412);
  assert.equal(statusAt6({ "if-match": '"6"', "if-none-match": '"6"' }), 304);
});

test("what is no list of entity tags is refused", () => {
  const many = Array.from({ length: 9 }, (_, i) => `"${i + 1}"`).join(",");
  for (const tags of ["", "6", '"6', 'w/"6"', '"6" "7"', '*, "6"', many, ",", '"a b"']) {
    assert.throws(() => of({ "if-match": tags }), /entity tags/, tags);
    assert.throws(() => of({ "if-none-match": tags }), /entity tags/, tags);
  }
});

const key = Uint8Array.of(97);
const shown = (headers: Record<string, string>) =>
  comparisonsOf(of(headers), key).map((all) =>
    all.map(({ target, result, modRevision, createRevision }) => {
      const what = target === CompareTarget.MOD ? `mod ${modRevision}` : `create ${createRevision}`;
      const how = { [CompareResult.EQUAL]: "=", [CompareResult.NOT_EQUAL]: "!=" }[result] ?? ">";
      return `${what} ${how}`;
    }),
  );

test("a writer's conditions are alternatives of comparisons", () => {
  assert.deepEqual(shown({}), [[]]);
  assert.deepEqual(shown({ "if-match": "*" }), [["create 0 >"]]);
  assert.deepEqual(shown({ "if-none-match": "*" }), [["create 0 ="]]);
  assert.deepEqual(shown({ "if-match": '"5","7"' }), [["mod 5 ="], ["mod 7 ="]]);
  assert.deepEqual(shown({ "if-none-match": '"5", W/"7"' }), [["mod 5 !=", "mod 7 !="]]);
  assert.deepEqual(shown({ "if-match": '"5"', "if-none-match": '"7"' }), [["mod 7 !=", "mod 5 ="]]);
  // No key has revision 0 but one that is not there.
  assert.deepEqual(shown({ "if-match": 'W/"5", "0"' }), []);
});

test("a refusal says which condition did not hold", () => {
  const refusal = (headers: Record<string, string>) => refusalText(of(headers));
  assert.equal(refusal({ "if-none-match": "*" }), "the key exists already");
  assert.equal(refusal({ "if-match": "*" }), "the key does not exist");
  assert.equal(refusal({ "if-match": '"5"' }), "the key's revision is not the expected one");
  assert.match(refusal({ "if-none-match": '"5"' }), /one that If-None-Match names/);
  assert.match(refusal({ "if-match": '"5"', "if-none-match": "*" }), /conditions .* do not hold/);
});
