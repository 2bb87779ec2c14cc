import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorKind, errors } from "../../../src/etcd/errors.ts";
import { GrpcCode } from "../../../src/etcd/grpc-code.ts";
import { errorFields, kindOf, refused, unavailable } from "../../../src/rpc/answers.ts";

const header = {
  ...{ clusterId: 1n, memberId: 1, revision: 1, raftTerm: 1, appliedIndex: 1, leader: 1 },
};

test("every kind of error is known by its number alone", () => {
  for (const kind of Object.values<ErrorKind>(errors)) {
    const { number } = errorFields(kind);
    assert.ok(number);
    assert.equal(kindOf({ code: GrpcCode.Unknown, message: "", number }), kind);
  }
});

test("every kind of error is known by code and text where there is no number", () => {
  for (const kind of Object.values<ErrorKind>(errors)) {
    const { code, text: message } = kind;
    assert.equal(kindOf({ code, message }), kind);
    assert.equal(kindOf({ code, message, number: 0 }), kind);
    assert.equal(kindOf({ code, message: `${message}.` }), undefined);
  }
});

test("a refusal carries its number, and a text of its own none", () => {
  const told = refused(errors.noSpace)(header);
  assert.deepEqual(told, { kind: "error", header, ...errorFields(errors.noSpace) });
  const starting = unavailable("starting")(header);
  assert.ok(starting.kind === "error");
  assert.equal(starting.number, undefined);
  assert.equal(kindOf(starting), undefined);
});
