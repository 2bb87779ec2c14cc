import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "../../../../src/etcd/errors.ts";
import { AuthStatusRequest, PutRequest } from "../../../../src/proto/generated/etcd.ts";
import { Request } from "../../../../src/proto/generated/kv.ts";
import { decodeProposeRequest, encodeAnswer } from "../../../../src/rpc/codec.ts";
import type { Answer } from "../../../../src/rpc/messages.ts";
import { FakeMember, header, putAnswer, routerOf } from "../support/members.ts";

const put = { put: PutRequest.create({ key: new Uint8Array([1]) }) };
const call = { token: "", deadlineMs: 7_000 };

const three = () => [new FakeMember(1), new FakeMember(2), new FakeMember(3)] as const;
const redirect = (from: number, leader: number, raftTerm = 2): Answer => ({
  kind: "redirect",
  header: header(from, { leader, raftTerm }),
});
const lost = (from: number): Answer => ({
  kind: "unknown",
  header: header(from, { leader: 0, raftTerm: 3 }),
  code: 14,
  message: "etcdserver: request timed out, possibly due to previous leader failure",
});

test("a proposal goes to whoever leads, and is redirected once", async () => {
  const members = three();
  const [one, two, other] = members;
  for (const member of [one, other]) member.answers = [redirect(member.id, 2)];
  two.answers = [putAnswer(header(2, { leader: 2 }))];
  const { router, view } = routerOf(members);
  const reply = await router.propose(put, call);
  assert.equal(reply.header.memberId, 2);
  assert.equal(view.leader, 2);
  await router.propose(put, call);
  assert.equal(two.proposals.length, 2);
  assert.ok(one.proposals.length + other.proposals.length <= 1);
});

test("a proposal carries a random id and an index that was seen before", async () => {
  const [one] = three();
  one.answers = [putAnswer(header(1, { appliedIndex: 12 }))];
  const { router } = routerOf([one]);
  await router.propose(put, call);
  await router.propose(put, call);
  assert.deepEqual(
    one.proposals.map(({ seenIndex }) => seenIndex),
    [10, 12],
  );
  assert.equal(one.proposals[0]?.requestId.length, 16);
  assert.notDeepEqual(one.proposals[0]?.requestId, one.proposals[1]?.requestId);
});

for (const [name, loss] of [
  ["ends as unknown", lost(1)],
  ["never comes back", "hangs"],
  ["breaks off", new Error("the object was reset")],
] as const) {
  test(`a proposal that ${name} is sent again unchanged`, async () => {
    const members = three();
    const [one, two, other] = members;
    one.answers = [loss, redirect(1, 2, 3)];
    two.answers = [putAnswer(header(2, { leader: 2, raftTerm: 3 }))];
    other.answers = [redirect(3, 2, 3)];
    const { router } = routerOf(members);
    await router.propose(put, call);
    const [first] = one.proposals;
    assert.ok(first);
    for (const again of [...one.proposals, ...two.proposals]) assert.deepEqual(again, first);
    assert.equal(two.proposals.length, 1);
  });
}

test("a proposal whose outcome stays unknown ends with the deadline, and says so", async () => {
  const members = three();
  for (const member of members) member.answers = [lost(member.id)];
  const { router, clock } = routerOf(members);
  await assert.rejects(router.propose(put, call), { code: 14, outcomeUnknown: true });
  assert.ok(clock.now() >= 7_000);
});

test("a leader that is cut off is given little time once it was silent", async () => {
  const members = three();
  const [one, two, other] = members;
  const { router, clock } = routerOf(members);
  const electedAtMs = 1_200;
  const elected = putAnswer(header(2, { leader: 2, raftTerm: 3 }));
  one.answers = ["hangs"];
  for (const member of [two, other]) {
    const propose = member.propose.bind(member);
    member.propose = (bytes) => {
      const late = clock.now() >= electedAtMs;
      member.answers = [late && member === two ? elected : redirect(member.id, late ? 2 : 1)];
      return propose(bytes);
    };
  }
  const { header: from } = await router.propose(put, call);
  assert.equal(from.memberId, 2);
  assert.ok(clock.now() < electedAtMs + 400, `answered after ${clock.now()} ms`);
});

test("a leader that is slow is asked seldom, and answers in the end", async () => {
  const members = three();
  const [one, two, other] = members;
  const { router, clock } = routerOf(members);
  for (const member of [two, other]) member.answers = [redirect(member.id, 1)];
  one.propose = async (bytes) => {
    one.proposals.push(Request.decode(decodeProposeRequest(bytes).request));
    await new Promise<void>((resolve) => clock.after(3_000, resolve));
    return encodeAnswer(putAnswer(header(1)));
  };
  await router.propose(put, { ...call, deadlineMs: 20_000 });
  assert.ok(one.proposals.length <= 7, `${one.proposals.length} proposals`);
});

test("without a leader a request waits for one, then ends definitely", async () => {
  const members = three();
  for (const member of members) member.answers = [redirect(member.id, 0)];
  const { router } = routerOf(members);
  const refused = { code: 14, message: "etcdserver: no leader", outcomeUnknown: false };
  await assert.rejects(router.propose(put, call), refused);
  const [one] = members;
  one.answers = [redirect(1, 0), redirect(1, 0), putAnswer(header(1))];
  await router.propose(put, { ...call, deadlineMs: 14_000 });
});

test("without a leader because a disk is full, that is what is told", async () => {
  const members = three();
  const [full, ...others] = members;
  const { code, text: message } = errors.diskFull;
  full.answers = [{ kind: "error", header: header(1, { leader: 0 }), code, message }];
  for (const member of others) member.answers = [redirect(member.id, 0)];
  const { router } = routerOf(members);
  await assert.rejects(router.propose(put, call), { code, message, outcomeUnknown: false });
});

test("those who wait for a leader do not all come back at one moment", async () => {
  const members = three();
  const [one] = members;
  for (const member of members) member.answers = [redirect(member.id, 0)];
  const { router, clock } = routerOf(members);
  const askedAtMs = new Set<number>();
  const ask = one.query.bind(one);
  one.query = (bytes) => {
    askedAtMs.add(clock.now());
    return ask(bytes);
  };
  const query = { authStatus: AuthStatusRequest.create() };
  const waiting = Array.from({ length: 8 }, () => router.query(query, "linearizable", call));
  for (const { status } of await Promise.allSettled(waiting)) assert.equal(status, "rejected");
  // Eight ask about twenty-five times each.
  assert.ok(one.queries.length >= 8 * 20, `asked ${one.queries.length} times`);
  assert.ok(askedAtMs.size > one.queries.length / 2, `at ${askedAtMs.size} moments`);
});

test("an error of the state machine is told at once, and not tried elsewhere", async () => {
  const members = three();
  const refused = { kind: "error", header: header(1), code: 5, message: "gone" } as const;
  for (const member of members) member.answers = [refused];
  const { router } = routerOf(members);
  await assert.rejects(router.propose(put, call), { code: 5, message: "gone" });
  assert.equal(
    members.reduce((sum, { proposals }) => sum + proposals.length, 0),
    1,
  );
});

test("a member that cannot serve is passed over", async () => {
  const members = three();
  const [one, two, other] = members;
  const unfit = (message: string) =>
    ({ kind: "error", header: header(1), code: 14, message }) as const;
  one.answers = [unfit("etcdserver: server stopped")];
  two.answers = [unfit(errors.notBorn.text)];
  other.answers = [putAnswer(header(3, { leader: 3 }))];
  const { router } = routerOf(members);
  assert.equal((await router.propose(put, call)).header.memberId, 3);
});

test("an error is known by its number; without one, by code and text", async () => {
  const stale = header(1, { appliedIndex: 50_000 });
  const { code, text, number } = errors.unknownOutcome;
  const asked = async (told: { message: string; number?: number }) => {
    const [one] = three();
    one.answers = [{ kind: "unknown", header: stale, code, ...told }, putAnswer(stale)];
    const { router } = routerOf([one]);
    await router.propose(put, call);
    return one.proposals.map(({ seenIndex }) => seenIndex);
  };
  // An index that was too old is renewed; what was lost from sight is sent again as it was.
  assert.deepEqual(await asked({ message: "other words", number }), [10, 50_000]);
  assert.deepEqual(await asked({ message: text }), [10, 50_000]);
  assert.deepEqual(await asked({ message: "other words" }), [10, 10]);
});

test("what a member refuses reaches the client with its kind", async () => {
  const [one] = three();
  const { number, code } = errors.leaseExists;
  one.answers = [{ kind: "error", header: header(1), code, message: "taken", number }];
  const rejected = { kind: errors.leaseExists, message: "taken" };
  await assert.rejects(routerOf([one]).router.propose(put, call), rejected);
});

test("an index that is too old is renewed while nothing was lost, with a new id", async () => {
  const [one] = three();
  const { code, text: message } = errors.unknownOutcome;
  const stale = header(1, { appliedIndex: 50_000 });
  one.answers = [{ kind: "unknown", header: stale, code, message }, putAnswer(stale)];
  const { router } = routerOf([one]);
  await router.propose(put, call);
  assert.deepEqual(
    one.proposals.map(({ seenIndex }) => seenIndex),
    [10, 50_000],
  );
  assert.notDeepEqual(one.proposals[0]?.requestId, one.proposals[1]?.requestId);
});

test("an id that is forgotten after a loss is an unknown outcome, not tried anew", async () => {
  const [one] = three();
  const { code, text: message } = errors.unknownOutcome;
  const stale = header(1, { appliedIndex: 50_000 });
  one.answers = ["hangs", { kind: "unknown", header: stale, code, message }, putAnswer(stale)];
  const { router } = routerOf([one]);
  await assert.rejects(router.propose(put, call), { outcomeUnknown: true });
  assert.equal(one.proposals.length, 2);
  assert.deepEqual(one.proposals[0], one.proposals[1]);
});

const said = (code: 5 | 8 | 16, message: string, settled = false) =>
  ({ kind: "error", header: header(1), code, message, settled }) as const;

test("a refusal after a loss is no refusal: the first attempt may be applied", async () => {
  const [one] = three();
  const { code, text: message } = errors.unknownOutcome;
  const unknown = { code, message, outcomeUnknown: true };
  const invalidToken = said(16, errors.invalidAuthToken.text);
  one.answers = ["hangs", invalidToken];
  await assert.rejects(routerOf([one]).router.propose(put, call), unknown);
  assert.equal(one.proposals.length, 2);
  one.answers = [invalidToken];
  const definite = { code: 16, outcomeUnknown: false };
  await assert.rejects(routerOf([one]).router.propose(put, call), definite);
});

test("one that passes is waited out, and whoever gets through knows", async () => {
  const [one] = three();
  const busy = said(8, errors.tooManyRequests.text);
  one.answers = ["hangs", busy, busy, putAnswer(header(1))];
  await routerOf([one]).router.propose(put, call);
  assert.equal(new Set(one.proposals.map(({ requestId }) => String(requestId))).size, 1);
  one.answers = ["hangs", busy];
  const unknown = { code: 14, message: errors.timeout.text, outcomeUnknown: true };
  await assert.rejects(routerOf([one]).router.propose(put, call), unknown);
});

test("what the state machine says holds for every attempt", async () => {
  const [one] = three();
  one.answers = ["hangs", said(5, errors.leaseNotFound.text, true)];
  const told = { code: 5, outcomeUnknown: false };
  await assert.rejects(routerOf([one]).router.propose(put, call), told);
});

test("without a leader after a loss the outcome is unknown, and is told so", async () => {
  const members = three();
  const [one] = members;
  for (const member of members) member.answers = [redirect(member.id, 0, 3)];
  one.answers = ["hangs", redirect(1, 0, 3)];
  const unknown = { code: 14, message: errors.timeout.text, outcomeUnknown: true };
  await assert.rejects(routerOf(members).router.propose(put, call), unknown);
});

test("changes of the membership are sent once only", async () => {
  const members = three();
  const { router } = routerOf(members);
  const change = { kind: "remove", id: 3 } as const;
  await assert.rejects(router.changeMember(change, call), { code: 14, outcomeUnknown: true });
});

test("a backup is begun once only, and has done nothing where it was lost", async () => {
  const members = three();
  const { router } = routerOf(members);
  const parts = router.backup(() => call)[Symbol.asyncIterator]();
  await assert.rejects(parts.next(), { code: 14, outcomeUnknown: false });
  assert.equal(
    members.reduce((sum, { backupsAsked }) => sum + backupsAsked, 0),
    1,
  );
});

test("what a leader refuses of the membership is told at once, whatever its code", async () => {
  const members = three();
  const [one] = members;
  const { code, text: message } = errors.unhealthy;
  one.change = { kind: "error", header: header(1, { leader: 1 }), code, message };
  const { router } = routerOf(members);
  const change = { kind: "remove", id: 3 } as const;
  await assert.rejects(router.changeMember(change, call), { code, message, outcomeUnknown: false });
  assert.deepEqual(
    members.map(({ changesAsked }) => changesAsked),
    [1, 0, 0],
  );
});

test("a change of the membership does not begin with a member that is gone", async () => {
  const members = three();
  const [one, two] = members;
  one.down = true;
  for (const member of members) member.statusHeader = header(member.id, { leader: 2 });
  two.change = { kind: "ok", header: header(2, { leader: 2 }), members: [], added: undefined };
  const { router } = routerOf(members);
  await router.changeMember({ kind: "remove", id: 1 }, call);
  assert.equal(one.changesAsked, 0);
});

test("the newest term and leader are remembered, older ones are not believed", async () => {
  const { view } = routerOf(three());
  view.learn(header(2, { raftTerm: 5, leader: 2 }));
  view.learn(header(1, { raftTerm: 4, leader: 1 }));
  assert.equal(view.leader, 2);
  assert.equal(view.term, 5);
  view.learn(header(1, { raftTerm: 6, leader: 0 }));
  assert.equal(view.leader, 0);
  assert.equal(view.candidates().length, 3);
});

test("a watch is begun at a member that serves", async () => {
  const [starting, ready] = [new FakeMember(1), new FakeMember(2)];
  const told = { code: 14, message: "etcdserver: member is starting" } as const;
  starting.answers = [{ kind: "error", header: header(1, { revision: 1 }), ...told }];
  ready.answers = [putAnswer(header(2))];
  const opened: number[] = [];
  for (const member of [starting, ready]) {
    member.openWatch = () => {
      opened.push(member.id);
      return {} as ReturnType<NonNullable<FakeMember["openWatch"]>>;
    };
  }
  const { router } = routerOf([starting, ready]);
  for (let i = 0; i < 4; i += 1) assert.equal((await router.watch(call)).header.memberId, 2);
  assert.deepEqual(opened, [2, 2, 2, 2]);
});

const forgets = (id: number): Answer => {
  const { code, text: message } = errors.invalidAuthToken;
  return { kind: "error", header: header(id, { leader: 3 }), code, message };
};

/** Three members, of which the last leads; the watches that they were asked for. */
function watched() {
  const members = three();
  const opened: number[] = [];
  for (const member of members) {
    member.openWatch = () => {
      opened.push(member.id);
      return {} as ReturnType<NonNullable<FakeMember["openWatch"]>>;
    };
    member.answers = [forgets(member.id)];
  }
  return { members, opened, ...routerOf(members) };
}

test("a watch is begun where its token is known: at the leader, if nowhere else", async () => {
  const { members, opened, router } = watched();
  members[2].answers = [putAnswer(header(3, { leader: 3 }))];
  let admitted = 0;
  const asked = {
    ...call,
    token: "known.1",
    admitted: () => {
      admitted += 1;
    },
  };
  for (let i = 0; i < 4; i += 1) await router.watch(asked);
  assert.deepEqual(opened, [3, 3, 3, 3]);
  assert.equal(admitted, 4);
});

test("what the leader does not know is nobody's: the stream itself says so", async () => {
  const { opened, router } = watched();
  const admitted = () => assert.fail("nobody was let in");
  await router.watch({ ...call, token: "nobodys.1", admitted });
  assert.deepEqual(opened, [3]);
});

test("a read whose token a follower has forgotten is the leader's to answer", async () => {
  const { members, router } = watched();
  members[2].answers = [putAnswer(header(3, { leader: 3 }))];
  const query = { authStatus: AuthStatusRequest.create() };
  const reply = await router.query(query, "serializable", { ...call, holder: 1 });
  assert.equal(reply.header.memberId, 3);
  members[2].answers = [forgets(3)];
  await assert.rejects(router.query(query, "serializable", { ...call, holder: 1 }), {
    message: errors.invalidAuthToken.text,
  });
});

test("a member without room does not keep a watch from the leader", async () => {
  const { members, opened, router } = watched();
  const [one, , three_] = members;
  three_.answers = [putAnswer(header(3, { leader: 3 }))];
  one.answers = [putAnswer(header(1, { leader: 3 }))];
  const { code, text: message } = errors.tooManyRequests;
  one.openWatch = () =>
    ({ refused: { code, message } }) as ReturnType<NonNullable<FakeMember["openWatch"]>>;
  for (let i = 0; i < 6; i += 1) await router.watch({ ...call, token: "known.1" });
  assert.deepEqual(opened, [3, 3, 3, 3, 3, 3]);
});
