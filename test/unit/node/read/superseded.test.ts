import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemberInputs } from "../../../../src/node/member/inputs.ts";
import { RangeRequest } from "../../../../src/proto/generated/etcd.ts";
import { Query } from "../../../../src/proto/generated/kv.ts";
import type { Answer } from "../../../../src/rpc/messages.ts";
import { Cluster } from "../support/cluster.ts";

/** A leader that another instance has taken the place of, and that does not know it. */
async function superseded(members: number) {
  const cluster = new Cluster({ members });
  const leader = await cluster.start();
  assert.equal((await cluster.until(cluster.put(leader, "a", "old"))).kind, "ok");
  await cluster.run(500);
  const object = cluster.world.object(leader);
  assert.ok(object.supersede());
  const [zombie] = object.zombies;
  assert.ok(zombie);
  /** Asks the old instance, as somebody would who still holds a connection to it. */
  const ask = (question: (member: MemberInputs) => Promise<Answer>) => {
    const answers: Answer[] = [];
    cluster.world.scheduler.after(0, () =>
      zombie.enter(() => {
        assert.ok(zombie.member);
        question(zombie.member).then((answer) => zombie.leave(() => void answers.push(answer)));
      }),
    );
    return answers;
  };
  return { cluster, leader, zombie, ask };
}

const key = new TextEncoder().encode("a");
const query = Query.encode(Query.create({ format: 1, range: RangeRequest.create({ key }) }));
const read = (member: MemberInputs) =>
  member.query({ query, consistency: "linearizable", token: "", timeoutMs: 3_000 });

for (const members of [1, 3]) {
  test(`a superseded leader of ${members} answers no linearizable read`, async () => {
    const { cluster, leader, ask } = await superseded(members);
    await cluster.peek(leader);
    await cluster.run(3_000);
    const current = await cluster.leader();
    assert.equal((await cluster.until(cluster.put(current, "a", "new"))).kind, "ok");
    const answers = ask(read);
    await cluster.run(10_000);
    assert.deepEqual(
      answers.filter(({ kind }) => kind === "ok"),
      [],
    );
    cluster.close();
  });
}

test("a superseded leader acknowledges no write", async () => {
  const { cluster, leader, ask } = await superseded(3);
  const put = cluster.request({ put: undefined });
  const answers = ask((member) => member.propose({ request: put, token: "", timeoutMs: 3_000 }));
  await cluster.peek(leader);
  await cluster.run(10_000);
  assert.deepEqual(
    answers.filter(({ kind }) => kind === "ok"),
    [],
  );
  assert.equal(await cluster.get(await cluster.leader(), "a"), "old");
  cluster.close();
});

test("a superseded follower's acknowledgement of a read round does not count", async () => {
  const cluster = new Cluster();
  const leader = await cluster.start();
  await cluster.run(300);
  const others = [1, 2, 3].filter((id) => id !== leader);
  for (const id of others) assert.ok(cluster.world.object(id).supersede());
  // Their live instances are elsewhere and cut off; only the old ones still hold sockets.
  for (const id of others) cluster.world.object(id).down = true;
  const answer = await cluster.until(cluster.read(leader, "first", "linearizable"));
  assert.notEqual(answer.kind, "ok");
  cluster.close();
});
