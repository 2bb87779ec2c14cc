import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageType } from "../../../src/proto/raftpb.ts";
import { isLocalMsg, isResponseMsg } from "../../../src/raft/consensus/messages.ts";

test("TestIsLocalMsg: some messages only the node itself makes", () => {
  const local = [
    "MsgHup",
    "MsgBeat",
    "MsgUnreachable",
    "MsgSnapStatus",
    "MsgCheckQuorum",
    "MsgStorageAppend",
    "MsgStorageAppendResp",
    "MsgStorageApply",
    "MsgStorageApplyResp",
  ];
  for (const [name, type] of Object.entries(MessageType)) {
    assert.equal(isLocalMsg(type), local.includes(name), name);
  }
});

test("TestIsResponseMsg: some messages answer others, and need a known sender", () => {
  const responses = [
    "MsgAppResp",
    "MsgVoteResp",
    "MsgHeartbeatResp",
    "MsgUnreachable",
    "MsgReadIndexResp",
    "MsgPreVoteResp",
    "MsgStorageAppendResp",
    "MsgStorageApplyResp",
  ];
  for (const [name, type] of Object.entries(MessageType)) {
    assert.equal(isResponseMsg(type), responses.includes(name), name);
  }
});
