import assert from "node:assert/strict";
import { test } from "node:test";
import { Logins, loginRates, maxRememberedLogins } from "../../../../src/node/client/logins.ts";
import { Query } from "../../../../src/proto/generated/kv.ts";
import { Cluster } from "../support/cluster.ts";

function setUp() {
  const logins = new Logins();
  let attempt = 0;
  let nowMs = 1_000_000;
  const begin = (user: string, { source = "", stranger = true } = {}) => {
    attempt += 1;
    return logins.begin({ attempt, user, source }, stranger, nowMs) ? attempt : 0;
  };
  /** How many of so many attempts were let through. */
  const let_ = (times: number, one: (i: number) => number) =>
    Array.from({ length: times }, (_, i) => one(i)).filter((made) => made !== 0).length;
  const pass = (seconds: number) => {
    nowMs += seconds * 1_000;
  };
  return { logins, begin, through: let_, pass };
}

test("attempts are limited for each user, and there is room for more with every second", () => {
  const { begin, through, pass } = setUp();
  const { burst, perSecond } = loginRates.user;
  assert.equal(
    through(100, () => begin("root")),
    burst,
  );
  assert.notEqual(begin("eve"), 0, "another user is another user");
  pass(3);
  assert.equal(
    through(100, () => begin("root")),
    3 * perSecond,
  );
  pass(3_600);
  assert.equal(
    through(100, () => begin("root")),
    burst,
  );
});

test("attempts are limited in all, whoever they are for", () => {
  const { begin, through, pass } = setUp();
  const { burst, perSecond } = loginRates.all;
  assert.equal(
    through(1_000, (i) => begin(`user ${i}`)),
    burst,
  );
  pass(2);
  assert.equal(
    through(1_000, (i) => begin(`other ${i}`)),
    2 * perSecond,
  );
});

test("a stranger leaves room to other places, and all leave it to who is trusted", () => {
  const { begin, through } = setUp();
  assert.equal(
    through(100, () => begin("root", { source: "1.1.1.1" })),
    loginRates.place.burst,
  );
  assert.notEqual(begin("root", { source: "2.2.2.2" }), 0);
  through(1_000, (i) => begin("root", { source: `3.3.3.${i}` }));
  assert.equal(begin("root", { source: "4.4.4.4" }), 0);
  const trusted = { stranger: false, source: "1.1.1.1" };
  assert.equal(
    through(100, () => begin("root", trusted)),
    loginRates.user.burst,
  );
});

test("what succeeds is not counted, however often", () => {
  const { logins, begin } = setUp();
  for (let i = 0; i < 1_000; i += 1) {
    const attempt = begin("root", { source: "1.1.1.1" });
    assert.notEqual(attempt, 0, `attempt ${i}`);
    logins.succeeded(attempt);
    logins.succeeded(attempt);
  }
});

test("one attempt is counted once, however often it is sent", () => {
  const { logins, begin, through } = setUp();
  const attempt = begin("root");
  for (let i = 0; i < 100; i += 1) {
    assert.ok(logins.begin({ attempt, user: "root", source: "" }, true, 1_000_000));
  }
  assert.equal(
    through(100, () => begin("root")),
    loginRates.user.burst - 1,
  );
});

test("what is remembered is bounded, and goes", () => {
  const { logins, begin, pass } = setUp();
  let most = 0;
  for (let second = 0; second < 600; second += 1) {
    for (let i = 0; i < 50; i += 1) begin(`user ${second} ${i}`, { source: `${second}.${i}` });
    most = Math.max(most, logins.size);
    pass(1);
  }
  assert.ok(most < maxRememberedLogins, `${most} remembered`);
  pass(120);
  begin("root");
  assert.ok(logins.size <= 3, `${logins.size} remembered`);
});

test("what is remembered goes without a further attempt", () => {
  const logins = new Logins();
  for (let i = 0; i < 50; i += 1) {
    const login = { attempt: i + 1, user: `user ${i}`, source: `1.1.1.${i}` };
    assert.ok(logins.begin(login, true, 1_000_000));
  }
  assert.ok(logins.size > 100);
  for (let ms = 1_000_000; ms <= 1_080_000; ms += 100) logins.sweep(ms);
  assert.equal(logins.size, 0);
});

test("a member forgets attempts by its ticks alone", async () => {
  const cluster = new Cluster();
  const leader = await cluster.start();
  const query = Query.encode(Query.create({ format: 1, password: { name: "root" } }));
  const remembered = () => cluster.peek(leader).then(({ gauges }) => gauges.logins_remembered);
  for (let attempt = 1; attempt <= 20; attempt += 1) {
    const login = { attempt, user: `user ${attempt}`, source: `1.1.1.${attempt}` };
    const asked = cluster.ask(leader, (member) =>
      member.query({
        ...{ query, consistency: "leader", token: "", timeoutMs: 1_000, stranger: true },
        login,
      }),
    );
    await cluster.until(asked);
  }
  assert.ok(((await remembered()) ?? 0) > 20);
  await cluster.run(80_000);
  assert.equal(await remembered(), 0);
  cluster.close();
});

test("the leader refuses too many attempts, and another member sends them to it", async () => {
  const cluster = new Cluster();
  const leader = await cluster.start();
  const query = Query.encode(Query.create({ format: 1, password: { name: "root" } }));
  const attempt = (id: number, number: number) =>
    cluster.until(
      cluster.ask(id, (member) =>
        member.query({
          ...{ query, consistency: "leader", token: "", timeoutMs: 1_000, stranger: true },
          login: { attempt: number, user: "root", source: "" },
        }),
      ),
    );
  const answers: string[] = [];
  for (let i = 1; i <= loginRates.user.burst + 5; i += 1) {
    const answer = await attempt(leader, i);
    answers.push(answer.kind === "error" ? answer.message : answer.kind);
  }
  const refused = answers.filter((text) => text.includes("too many attempts to log in"));
  assert.ok(refused.length >= 3, answers.join("\n"));
  assert.match(answers[0] ?? "", /authentication is not enabled/);
  const follower = [1, 2, 3].find((id) => id !== leader) ?? 0;
  assert.equal((await attempt(follower, 1_000)).kind, "redirect");
  cluster.close();
});
