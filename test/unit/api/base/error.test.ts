import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, asApiError } from "../../../../src/api/base/error.ts";
import { errors, KvError } from "../../../../src/etcd/errors.ts";

/** HTTP statuses and texts (after `etcdserver: `) of every error in etcd's rpctypes. */
const known: Readonly<Record<number, readonly [code: number, texts: string]>> = {
  400.3: [
    3,
    "key is not provided|key not found|value is provided|lease is provided|" +
      "too many operations in txn request|duplicate key given in txn request|" +
      "invalid client api version|invalid sort option|given member URLs are invalid|" +
      "request is too large|user name is empty|role name is empty|" +
      "authentication failed, invalid user ID or password|permission not given|" +
      "invalid auth management|revision of auth store is old|" +
      "wrong downgrade target version format|invalid downgrade target version",
  ],
  400.11: [
    11,
    "mvcc: required revision has been compacted|" +
      "mvcc: required revision is a future revision|too large lease TTL",
  ],
  429: [8, "mvcc: database space exceeded|too many requests"],
  404: [5, "requested lease not found|member not found"],
  400.9: [
    9,
    "lease already exists|member ID already exist|Peer URLs already exists|" +
      "re-configuration failed due to not enough started members|" +
      "can only promote a learner member|" +
      "can only promote a learner member which is in sync with leader|" +
      "too many learner members in cluster|cluster ID mismatch|root user does not exist|" +
      "root user does not have root role|user name already exists|user name not found|" +
      "role name already exists|role name not found|role is not granted to the user|" +
      "permission is not granted to the role|authentication is not enabled|not leader|" +
      "not capable|rpc not supported for learner|bad leader transferee|" +
      "cluster version not found during downgrade|" +
      "cluster has a downgrade job in progress|no inflight downgrade job",
  ],
  403: [7, "permission denied"],
  401: [16, "invalid auth token"],
  503: [14, "no leader|leader changed|server stopped|request timed out|unhealthy cluster"],
  500: [15, "corrupt cluster"],
};

test("every error of etcd has its code, its HTTP status and its text", () => {
  const kinds = Object.values(errors);
  for (const [status, [code, texts]] of Object.entries(known)) {
    for (const text of texts.split("|")) {
      const kind = kinds.find((one) => one.text === `etcdserver: ${text}`);
      assert.ok(kind, text);
      assert.equal(kind.code, code, text);
      const error = asApiError(new KvError(kind));
      assert.equal(error.httpStatus, Math.floor(Number(status)), text);
      assert.deepEqual(JSON.parse(error.body()), {
        ...{ error: kind.text, code, message: kind.text },
      });
    }
  }
});

test("a gRPC code has the HTTP status of the gateway", () => {
  const statuses = [
    ...[200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401],
  ];
  for (const [code, status] of statuses.entries()) {
    assert.equal(new ApiError(code as 0, "x").httpStatus, status, `${code}`);
  }
});
