import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemberInputs } from "../../../../src/node/member/inputs.ts";
import type { MemberEnvironment, PeerSocket } from "../../../../src/node/world/environment.ts";
import { defaultTuning } from "../../../../src/node/world/tuning.ts";
import { utf8 } from "../../../support/bytes.ts";
import { World } from "./world.ts";

/** A member that only does what its test tells it to do. */
interface Puppet {
  readonly env: MemberEnvironment;
  readonly id: number;
  readonly accepted: PeerSocket[];
  readonly heard: string[];
  alarms: number;
}

type Script = (puppet: Puppet) => void;

interface Stage {
  readonly world: World;
  /** Puppets by member, one for each incarnation. */
  readonly puppets: Map<number, Puppet[]>;
  /** What every new incarnation does in its constructor; and at each alarm. */
  construct: Script;
  onAlarm: Script;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function stage(seed = "world"): Stage {
  const puppets = new Map<number, Puppet[]>();
  const nothing: Script = () => undefined;
  const made: Omit<Stage, "world"> = { puppets, construct: nothing, onAlarm: nothing };
  const world = new World({
    seed,
    commitMeanUs: 10_000,
    member: { cluster: "default", topology: [], tuning: defaultTuning },
    factory: (env, { memberId }) => {
      const puppet: Puppet = { env, id: memberId, accepted: [], heard: [], alarms: 0 };
      puppets.set(memberId, [...(puppets.get(memberId) ?? []), puppet]);
      result.construct(puppet);
      return inputsOf(puppet);
    },
  });
  const inputsOf = (puppet: Puppet): MemberInputs =>
    ({
      acceptSocket: (socket: PeerSocket) => {
        puppet.accepted.push(socket);
        return {
          frame: (frame: Uint8Array) => puppet.heard.push(text(frame)),
          closed: () => puppet.heard.push("closed"),
        };
      },
      alarm: () => {
        puppet.alarms += 1;
        result.onAlarm(puppet);
      },
      peerCall: async (_method: string, body: Uint8Array) => utf8(`re: ${text(body)}`),
    }) as Partial<MemberInputs> as MemberInputs;
  const result: Stage = Object.assign(made, { world });
  return result;
}

function act({ world, puppets }: Stage, id: number, script: Script): Promise<void> {
  world.scheduler.after(0, () =>
    world.object(id).receive(() => {
      const puppet = puppets.get(id)?.at(-1);
      assert.ok(puppet);
      script(puppet);
    }),
  );
  return world.run(0);
}

const ms = 1_000;
const heard = (scene: Stage, id: number): string[] =>
  [...(scene.puppets.get(id) ?? [])].flatMap((puppet) => puppet.heard);
const write: Script = ({ env }) => {
  env.sql.exec("CREATE TABLE IF NOT EXISTS t(v TEXT)");
  env.sql.exec("INSERT INTO t VALUES ('x')");
};
const rows = ({ env }: Puppet): number => {
  env.sql.exec("CREATE TABLE IF NOT EXISTS t(v TEXT)");
  return Number(env.sql.exec<{ n: number }>("SELECT count(*) AS n FROM t").one().n);
};

/** A socket from member 1 to member 2, open. */
async function connected(scene: Stage): Promise<PeerSocket> {
  let socket: PeerSocket | undefined;
  await act(scene, 1, ({ env, heard: into }) => {
    socket = env.peers.dial(2, {
      frame: (frame) => into.push(text(frame)),
      closed: () => into.push("closed"),
    });
  });
  await scene.world.run(400 * ms);
  assert.ok(socket);
  return socket;
}

test("what is sent before the write leaves at once, what after it when it is kept", async () => {
  const scene = stage();
  const socket = await connected(scene);
  scene.world.object(1).disk.slowness = 100;
  await act(scene, 1, (puppet) => {
    socket.send(utf8("before"));
    write(puppet);
    socket.send(utf8("after"));
  });
  await scene.world.run(450 * ms);
  assert.deepEqual(heard(scene, 2), ["before"]);
  await scene.world.run(30_000 * ms);
  assert.deepEqual(heard(scene, 2), ["before", "after"]);
});

test("a crash in a turn loses what the turn wrote and what waited for it", async () => {
  const scene = stage();
  const socket = await connected(scene);
  await act(scene, 1, (puppet) => {
    socket.send(utf8("before"));
    write(puppet);
    socket.send(utf8("after"));
    scene.world.object(1).live?.dieAfter(0);
    socket.send(utf8("never"));
  });
  await scene.world.run(5_000 * ms);
  assert.deepEqual(heard(scene, 2), ["before", "closed"]);
  let left = -1;
  await act(scene, 1, (puppet) => {
    left = rows(puppet);
  });
  assert.equal(left, 0);
  assert.equal(scene.puppets.get(1)?.length, 2);
});

test("a crash between turns keeps some oldest part of the commits in flight", async () => {
  const kept = new Set<number>();
  for (let seed = 0; seed < 20; seed++) {
    const scene = stage(`survivors ${seed}`);
    await act(scene, 1, (puppet) => rows(puppet));
    await scene.world.run(1_000 * ms);
    for (let i = 0; i < 3; i++) await act(scene, 1, write);
    scene.world.scheduler.after(0, () => {
      const object = scene.world.object(1);
      if (object.live !== undefined) object.lose(object.live, "crash");
    });
    await act(scene, 1, (puppet) => kept.add(rows(puppet)));
  }
  assert.deepEqual([...kept].sort(), [0, 1, 2, 3]);
});

test("a commit that fails breaks the gate and the instance", async () => {
  const scene = stage();
  const socket = await connected(scene);
  scene.world.object(1).disk.failing = 1;
  await act(scene, 1, (puppet) => {
    write(puppet);
    socket.send(utf8("after"));
  });
  await scene.world.run(5_000 * ms);
  assert.deepEqual(heard(scene, 2), ["closed"]);
  assert.equal(scene.world.object(1).live, undefined);
});

test("a superseded instance goes on sending what needs no write, and never commits", async () => {
  const scene = stage();
  const socket = await connected(scene);
  const old = scene.puppets.get(1)?.at(-1);
  assert.ok(old);
  assert.ok(scene.world.object(1).supersede());
  await act(scene, 1, write);
  assert.equal(scene.puppets.get(1)?.length, 2);
  const [zombie] = scene.world.object(1).zombies;
  scene.world.scheduler.after(0, () =>
    zombie?.enter(() => {
      socket.send(utf8("unwritten"));
      write(old);
      socket.send(utf8("written"));
    }),
  );
  await scene.world.run(5_000 * ms);
  assert.deepEqual(heard(scene, 2), ["unwritten"]);
  await scene.world.run(60_000 * ms);
  assert.deepEqual(heard(scene, 2), ["unwritten", "closed"]);
  assert.equal(scene.world.object(1).zombies.size, 0);
  await act(scene, 1, (puppet) => assert.equal(rows(puppet), 1));
});

test("an eviction loses memory and dialled sockets, but no storage or accepted ones", async () => {
  const scene = stage();
  const socket = await connected(scene);
  await act(scene, 2, write);
  await scene.world.run(5_000 * ms);
  assert.ok(scene.world.object(2).evict());
  await act(scene, 1, () => socket.send(utf8("wake up")));
  await scene.world.run(1_000 * ms);
  assert.equal(scene.puppets.get(2)?.length, 2);
  assert.deepEqual(scene.puppets.get(2)?.at(-1)?.heard, ["wake up"]);
  assert.ok(scene.world.object(1).evict());
  await scene.world.run(1_000 * ms);
  assert.deepEqual(heard(scene, 2), ["wake up", "closed"]);
});

test("a partition holds frames up in order, and lets them go when it ends", async () => {
  const scene = stage();
  const socket = await connected(scene);
  const link = scene.world.network.link("m1", "m2");
  link.cut();
  await act(scene, 1, () => {
    for (const frame of ["a", "b", "c"]) socket.send(utf8(frame));
  });
  await scene.world.run(5_000 * ms);
  assert.deepEqual(heard(scene, 2), []);
  link.mend();
  await act(scene, 1, () => socket.send(utf8("d")));
  await scene.world.run(5_000 * ms);
  assert.deepEqual(heard(scene, 2), ["a", "b", "c", "d"]);
});

test("what waits for a handshake dies with the instance that dialled", async () => {
  const scene = stage();
  await act(scene, 2, () => undefined);
  const sent: string[] = [];
  scene.world.witnesses.push({ frameSent: (_from, _to, frame) => sent.push(text(frame)) });
  const object = scene.world.object(1);
  await act(scene, 1, ({ env }) => {
    const receiver = { frame: () => undefined, closed: () => undefined };
    env.peers.dial(2, receiver).send(utf8("waits"));
  });
  assert.deepEqual(sent, ["waits"]);
  scene.world.scheduler.after(0, () => {
    if (object.live !== undefined) object.lose(object.live, "crash");
  });
  // The news of the death takes longer than the answer to the handshake.
  scene.world.network.link("m1", "m2").slowness = 100;
  await scene.world.run(5_000 * ms);
  assert.deepEqual(heard(scene, 2), ["closed"]);
});

test("an alarm whose handler dies comes again six times and is then dropped", async () => {
  const scene = stage();
  scene.onAlarm = ({ env }) => {
    scene.world.object(1).live?.dieAfter(0);
    env.sql.exec("SELECT 1");
  };
  await act(scene, 1, ({ env }) => env.alarm.set(env.now() + 1_000));
  await scene.world.run(1_000_000 * ms);
  const alarms = (scene.puppets.get(1) ?? []).map((puppet) => puppet.alarms);
  assert.equal(
    alarms.reduce((sum, n) => sum + n, 0),
    7,
  );
});

test("a call reaches the live instance and is answered", async () => {
  const scene = stage();
  let answer = "";
  await act(scene, 1, ({ env }) => {
    env.peers.call(2, "join", utf8("hello")).then((value) => {
      answer = text(value);
    });
  });
  await scene.world.run(1_000 * ms);
  assert.equal(answer, "re: hello");
});

test("a promise that is rejected with nobody waiting is a violation", async () => {
  const scene = stage();
  await act(scene, 1, () => {
    Promise.reject(new Error("lost"));
  });
  assert.deepEqual(
    scene.world.violations.map(({ check }) => check),
    ["unhandled rejection"],
  );
});

test("one seed gives one trace, another seed another", async () => {
  const hashes: string[] = [];
  for (const seed of ["a", "a", "b"]) {
    const scene = stage(seed);
    const socket = await connected(scene);
    for (let i = 0; i < 20; i++) {
      await act(scene, 1, (puppet) => {
        write(puppet);
        socket.send(utf8(`frame ${i}`));
      });
      await scene.world.run(20 * ms);
      await act(scene, 2, ({ env, heard: frames }) => env.log.info(frames.join(" ")));
    }
    hashes.push(scene.world.trace.hash);
  }
  assert.equal(hashes[0], hashes[1]);
  assert.notEqual(hashes[0], hashes[2]);
});

test("a gate that stays shut for 30 s resets the object", async () => {
  const scene = stage();
  await act(scene, 1, write);
  await scene.world.run(1_000 * ms);
  scene.world.object(1).disk.slowness = 100_000;
  await act(scene, 1, write);
  await scene.world.run(29_000 * ms);
  assert.equal(scene.world.object(1).live?.alive, true);
  await scene.world.run(2_000 * ms);
  assert.equal(scene.world.object(1).live, undefined);
});
