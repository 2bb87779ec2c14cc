import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFrame, encodeFrame, type Frame } from "../../../../src/node/peers/frame-codec.ts";
import { Transport } from "../../../../src/node/peers/transport.ts";
import type { PeerSocket, SocketReceiver } from "../../../../src/node/world/environment.ts";
import { defaultTuning } from "../../../../src/node/world/tuning.ts";
import type { TurnEnvironment } from "../../../../src/node/world/turn-environment.ts";
import { MessageType, newMessage } from "../../../../src/proto/raftpb.ts";
import { ManualTimers } from "../support/timers.ts";

const own = "0000000000000011";
const other = "0000000000000022";
const cluster = "00000000000000c1";

interface Dialled extends PeerSocket {
  readonly frames: Frame[];
  readonly receiver: SocketReceiver;
  readonly closed: string[];
}

/** Member 1, and every socket that it dials to member 2: none answers but by `answer`. */
function member() {
  const clock = { nowMs: 0 };
  const sockets: Dialled[] = [];
  const dial = (_peer: number, receiver: SocketReceiver): PeerSocket => {
    const frames: Frame[] = [];
    const closed: string[] = [];
    const socket = {
      frames,
      receiver,
      closed,
      send: (bytes: Uint8Array) => void frames.push(decodeFrame(bytes)),
      close: (_code: number, reason: string) => void closed.push(reason),
    };
    sockets.push(socket);
    return socket;
  };
  const unused = (): never => assert.fail("not used here");
  const environment = {
    now: () => clock.nowMs,
    timers: new ManualTimers(),
    random: { below: () => 0, bytes: (length: number) => new Uint8Array(length) },
    ...{ dial, call: unused },
    log: { debug: () => undefined, info: unused, warn: unused, error: unused },
  } as unknown as TurnEnvironment;
  const roster = {
    cluster,
    memberId: 1,
    instance: own,
    instanceOf: () => other,
    isRemoved: () => false,
    wasOf: () => false,
  };
  const events = {
    received: () => undefined,
    unreachable: () => undefined,
    removed: unused,
    refused: unused,
  };
  const transport = new Transport(environment, defaultTuning, roster, events);
  const message = newMessage({ type: MessageType.MsgApp, from: 1, to: 2 });
  return {
    clock,
    sockets,
    send: () => transport.send([message]).length === 0,
    answer: (socket: Dialled | undefined) => {
      if (socket === undefined) throw new RangeError("no such socket");
      const envelope = { cluster, from: 2, fromInstance: other, to: 1, toInstance: own };
      const acknowledged = socket.frames.at(-1)?.sequence ?? 0;
      const frame = { envelope, sequence: 1, acknowledged, messages: [new Uint8Array(1)] };
      socket.receiver.frame(encodeFrame(frame));
    },
  };
}

test("a handshake that hangs does not keep a peer from being dialled again", () => {
  const { clock, sockets, send } = member();
  for (; clock.nowMs <= defaultTuning.silentMs; clock.nowMs += 100) assert.ok(send());
  assert.equal(sockets.length, 1);
  assert.ok(send());
  assert.equal(sockets.length, 2);
  assert.equal(sockets[1]?.frames.length, 1, "the frame goes to the new socket");
  assert.deepEqual(sockets[0]?.closed, [], "the old one may still answer");
});

test("a socket that was only slow is used again when it answers", () => {
  const { clock, sockets, send, answer } = member();
  send();
  clock.nowMs += defaultTuning.silentMs + 1;
  send();
  const [slow, newer] = sockets;
  const before = slow?.frames.length ?? 0;
  answer(slow);
  send();
  assert.equal(slow?.frames.length, before + 1);
  assert.equal(newer?.frames.length, 1);
});

test("sockets to a peer that never answers are few", () => {
  const { clock, sockets, send } = member();
  for (; clock.nowMs < 60_000; clock.nowMs += 100) send();
  const open = sockets.filter(({ closed }) => closed.length === 0);
  assert.ok(open.length <= 4, `${open.length} of ${sockets.length}`);
  assert.ok(sockets.length > 10, `${sockets.length}`);
});
