/** Who brings a cluster into the world, and who does not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Front, type FrontConfig, maxKnown } from "../../../src/api/front.ts";
import { errors } from "../../../src/etcd/errors.ts";
import type { MemberStatus } from "../../../src/rpc/messages.ts";
import { FakeMember, header, JumpingClock, putAnswer } from "./support/members.ts";

/** A member of a cluster that nobody has used; any request but a look gives life to it. */
class Unborn extends FakeMember {
  looks = 0;

  override async status(): Promise<MemberStatus> {
    this.looks += 1;
    const status = await super.status();
    return { ...status, instanceId: "", phase: "empty", authEnabled: false, alarms: [] };
  }
}

function setUp(more: Partial<FrontConfig> = {}) {
  const unborn = { clusterId: 0n, leader: 0, raftTerm: 0, appliedIndex: 0 };
  const members = [1, 2, 3].map((id) => {
    const member = new Unborn(id);
    member.statusHeader = header(id, unborn);
    member.answers = [putAnswer(header(id))];
    return member;
  });
  const named = new Set<string>();
  const front = new Front(
    {
      ...{ development: false, token: "secret", tokens: [{ pattern: "b-*", token: "for-b" }] },
      ...{ hostSuffix: "", clusters: undefined, initialMembers: [1, 2, 3], ...more },
    },
    {
      member: (cluster, id) => {
        named.add(cluster);
        const member = members[id - 1];
        if (member === undefined) throw new Error(`no member ${id}`);
        return member;
      },
      clock: new JumpingClock(),
      random: (length) => new Uint8Array(length).fill(1),
      upgrade: () => {
        throw new Error("no sockets here");
      },
    },
  );
  const ask = async (path: string, headers: Record<string, string> = {}, method = "GET") => {
    const body = method === "POST" ? "{}" : undefined;
    const init = { method, headers, ...(body === undefined ? {} : { body }) };
    const request = new Request(`http://any.test${path}`, init);
    const response = await front.handle(request, () => undefined);
    return { status: response.status, text: await response.text() };
  };
  const asked = () =>
    members.flatMap(({ queries, proposals }) => [...queries, ...proposals]).length;
  return { ask, members, named, asked };
}

const trusted = { authorization: "Bearer secret" };

test("no route that is open gives life to a cluster", async () => {
  const { ask, asked } = setUp();
  const open = ["/livez", "/livez/serializable_read", "/readyz", "/readyz/non_learner", "/health"];
  for (const path of [...open, "/health?serializable=true", "/health?exclude=NOSPACE"]) {
    const { status, text } = await ask(path, { "x-cluster": "evil-1" });
    assert.equal(status, 503, path);
    assert.match(text, /has not been used yet/);
  }
  const { status, text } = await ask("/v3/auth/authenticate", { "x-cluster": "evil-1" }, "POST");
  assert.equal(status, 400);
  assert.ok(text.includes(errors.authNotEnabled.text));
  assert.equal(asked(), 0);
});

test("no route that is closed does, either", async () => {
  const { ask, asked } = setUp();
  const gets = ["/metrics", "/cluster", "/cluster/members", "/debug/vars", "/kv/a", "/kv?prefix=x"];
  for (const given of [{}, { authorization: "Bearer wrong.1" }]) {
    for (const path of gets) assert.equal((await ask(path, given)).status, 401, path);
    for (const path of ["/v3/kv/put", "/v3/maintenance/status", "/v3/watch", "/cluster/restore"]) {
      assert.equal((await ask(path, given, "POST")).status, 401, path);
    }
  }
  assert.equal(asked(), 0);
});

test("whoever is trusted does, also by looking alone", async () => {
  for (const path of ["/health", "/livez", "/readyz", "/metrics", "/cluster", "/cluster/members"]) {
    const { ask, asked } = setUp();
    await ask(path, trusted);
    assert.ok(asked() > 0, path);
  }
  const { ask, asked } = setUp({ development: true, token: "" });
  await ask("/health");
  assert.ok(asked() > 0);
});

test("the version is told without asking any member", async () => {
  const { ask, members, named } = setUp();
  assert.equal((await ask("/version")).status, 200);
  assert.equal(named.size, 0);
  assert.equal(members[0]?.looks, 0);
});

test("a cluster that the deployment does not have is asked for by nobody", async () => {
  const { ask, named } = setUp({ clusters: ["default", "b-*"] });
  for (const headers of [{}, trusted]) {
    for (const path of ["/health", "/kv/a", "/cluster", "/version"]) {
      const { status } = await ask(path, { "x-cluster": "evil-1", ...headers });
      assert.equal(status, 404, path);
    }
  }
  assert.equal(named.size, 0);
});

test("a token bound to clusters opens these alone", async () => {
  const { ask } = setUp();
  const status = async (cluster: string, token: string) =>
    (await ask("/cluster", { "x-cluster": cluster, authorization: token })).status;
  assert.equal(await status("b-1", "for-b"), 200);
  assert.equal(await status("b-1", "Bearer secret"), 200);
  assert.equal(await status("c-1", "for-b"), 401);
  assert.equal(await status("b", "for-b"), 401);
});

test("names that strangers think of drive out none that is in use", async () => {
  const { ask, members } = setUp();
  for (const member of members) member.statusHeader = header(member.id);
  await ask("/health", { "x-cluster": "real" });
  for (const member of members) member.statusHeader = header(member.id, { clusterId: 0n });
  for (let i = 0; i < maxKnown + 100; i += 1) {
    for (const path of ["/health", "/version", "/kv/a"]) {
      await ask(path, { "x-cluster": `evil-${i}`, authorization: "abcdefgh.7" });
    }
  }
  const looks = members.reduce((sum, member) => sum + member.looks, 0);
  // It is still known that this one exists: no member is asked whether it does.
  await ask("/health", { "x-cluster": "real" });
  assert.equal(members.reduce((sum, member) => sum + member.looks, 0) - looks, 1);
});

test("who could not come in whatever a member says wakes none", async () => {
  const { ask, members, named } = setUp();
  const hopeless: Record<string, string>[] = [
    {},
    { authorization: "Bearer wrong" },
    { "grpc-metadata-token": "wrong" },
    { authorization: `${"x".repeat(30)}.${"9".repeat(30)}` },
  ];
  for (const headers of hopeless) {
    for (const path of ["/v3/kv/put", "/v3/watch", "/cluster", "/metrics", "/kv/a", "/nowhere"]) {
      assert.equal((await ask(path, { "x-cluster": "evil", ...headers }, "POST")).status, 401);
    }
  }
  assert.equal(named.size, 0);
  // What looks like a token is looked at by one member, which is asked how it is and no more.
  await ask("/v3/kv/put", { "x-cluster": "evil", authorization: "abcdefgh.7" }, "POST");
  assert.deepEqual(
    members.map(({ looks }) => looks),
    [1, 0, 0],
  );
});

test("a member that was removed does not speak for its cluster", async () => {
  const { ask, members } = setUp();
  const [gone, second] = members;
  assert.ok(gone && second);
  for (const member of members) member.statusHeader = header(member.id, { leader: 2 });
  const nobody = { authEnabled: false, alarms: [], members: [] };
  gone.status = async () => {
    const status = { ...nobody, header: header(1, { leader: 0 }), instanceId: "x" };
    return { ...status, phase: "stopped" } as unknown as MemberStatus;
  };
  second.status = async () => {
    const status = { ...nobody, header: header(2, { leader: 2 }), instanceId: "y" };
    return { ...status, phase: "ready", authEnabled: true } as unknown as MemberStatus;
  };
  const put = await ask("/v3/kv/put", { authorization: "abcdefgh.7" }, "POST");
  assert.match(put.text, /key is not provided/);
  assert.equal((await ask("/health")).status, 200);
});
