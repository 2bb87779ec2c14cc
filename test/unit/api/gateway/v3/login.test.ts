import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Front } from "../../../../../src/api/front.ts";
import { hashPassword } from "../../../../../src/api/gateway/v3/password.ts";
import { deployment } from "../../../../../src/cloudflare/deployment.ts";
import { type ErrorKind, errors } from "../../../../../src/etcd/errors.ts";
import { formatPasswordRecord } from "../../../../../src/kv/auth/password-record.ts";
import { Response as KvResponse, PasswordResponse } from "../../../../../src/proto/generated/kv.ts";
import { decodeQueryRequest } from "../../../../../src/rpc/codec.ts";
import type { Answer } from "../../../../../src/rpc/messages.ts";
import { FakeMember, header, JumpingClock } from "../../support/members.ts";

const where = header(1);
const refusal = ({ code, text }: ErrorKind): Answer => {
  return { kind: "error", header: where, code, message: text, settled: true };
};
const record = (hashedPassword: string): Answer => {
  const password = PasswordResponse.create({ hashedPassword, authRevision: 3 });
  return {
    kind: "ok",
    header: where,
    response: KvResponse.encode(KvResponse.create({ password })),
  };
};

function setUp(answer: Answer, token = "secret") {
  const member = new FakeMember(1);
  member.answers = [answer];
  const sent: Uint8Array[] = [];
  const query = member.query.bind(member);
  member.query = (bytes) => {
    sent.push(bytes);
    return query(bytes);
  };
  const front = new Front(
    { ...deployment({ TOKEN: token }), initialMembers: [1] },
    {
      member: () => member,
      clock: new JumpingClock(),
      random: (length) => new Uint8Array(length).fill(1),
      upgrade: () => assert.fail("no sockets here"),
    },
  );
  const ask = (path: string, body: object, headers: Record<string, string> = {}) => {
    const init = { method: "POST", body: JSON.stringify(body), headers };
    return front.handle(new Request(`http://any.test/v3/${path}`, init), () => undefined);
  };
  return { ask, member, sent };
}

/** How often a key is derived from a password meanwhile. */
async function derivations(run: () => Promise<unknown>): Promise<number> {
  const spy = mock.method(crypto.subtle, "deriveBits");
  try {
    await run();
    return spy.mock.callCount();
  } finally {
    spy.mock.restore();
  }
}

test("a wrong name is as much work as a wrong password", async () => {
  const tooMany = formatPasswordRecord({
    ...{ iterations: 10_000_000, salt: new Uint8Array(16), hash: new Uint8Array(32) },
  });
  const cases: Record<string, Answer> = {
    "a user with a password": record(await hashPassword("right")),
    "no such user": refusal(errors.authFailed),
    "a user without one": refusal(errors.noPasswordUser),
    "a record that is none": record("x"),
    "a record of more iterations than the platform has": record(tooMany),
  };
  for (const [name, answer] of Object.entries(cases)) {
    const { ask } = setUp(answer);
    const body = { name: "root", password: "wrong" };
    const spent = await derivations(async () => {
      const response = await ask("auth/authenticate", body);
      assert.match(await response.text(), /authentication failed/, name);
    });
    assert.equal(spent, 1, name);
  }
});

test("who is refused before a password is looked at costs no derivation", async () => {
  for (const kind of [errors.tooManyLogins, errors.authNotEnabled]) {
    const { ask } = setUp(refusal(kind));
    const spent = await derivations(async () => {
      const response = await ask("auth/authenticate", { name: "root", password: "x" });
      assert.equal(response.status, kind === errors.tooManyLogins ? 429 : 400);
      const told = (await response.json()) as { message: string };
      assert.equal(told.message, kind.text);
      assert.equal(response.headers.get("retry-after"), kind.code === 8 ? "1" : null);
    });
    assert.equal(spent, 0, kind.text);
  }
});

test("the leader is told who tries from where, and whether they are trusted", async () => {
  const { ask, sent } = setUp(refusal(errors.authFailed));
  const from = { "cf-connecting-ip": "2001:db8::7" };
  await ask("auth/authenticate", { name: "root", password: "x" }, from);
  await ask("auth/authenticate", { name: "eve" }, { authorization: "Bearer secret" });
  const [stranger, trusted] = sent.map(decodeQueryRequest);
  const attempt = stranger?.login?.attempt ?? 0;
  assert.ok(attempt > 0);
  assert.deepEqual(stranger?.login, { attempt, user: "root", source: "2001:db8:0:0" });
  assert.deepEqual([stranger?.consistency, stranger?.stranger], ["leader", true]);
  assert.deepEqual([trusted?.login?.user, trusted?.login?.source], ["eve", ""]);
  assert.equal(trusted?.stranger, undefined);
});

test("a password is hashed for a new user only where whoever asks may add one", async () => {
  const { ask } = setUp(refusal(errors.permissionDenied));
  const token = { authorization: "Bearer secret", "grpc-metadata-token": "abcdefghabcdefgh.7" };
  for (const path of ["auth/user/add", "auth/user/changepw"]) {
    const spent = await derivations(async () => {
      const response = await ask(path, { name: "eve", password: "x" }, token);
      assert.equal(response.status, 403);
    });
    assert.equal(spent, 0, path);
  }
});

test("a record that takes more work than the platform does is refused", async () => {
  const { ask } = setUp(refusal(errors.badRequest));
  const parts = { salt: new Uint8Array(16), hash: new Uint8Array(32) };
  const hashedPassword = formatPasswordRecord({ iterations: 100_001, ...parts });
  const body = { name: "eve", hashedPassword };
  const response = await ask("auth/user/add", body, { authorization: "Bearer secret" });
  assert.match(await response.text(), /invalid auth management/);
});
