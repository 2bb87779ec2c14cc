import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeConfChange, encodeConfChangeV2 } from "../../../src/proto/codec.ts";
import {
  ConfChangeType,
  type EntryType,
  MessageType,
  newConfState,
  newEntry,
  newMessage,
  newSnapshot,
  noBytes,
  EntryType as Type,
} from "../../../src/proto/raftpb.ts";
import {
  describeConfState,
  describeEntry,
  describeHardState,
  describeMessage,
  describeReady,
  entryTypeName,
  messageTypeName,
} from "../../../src/raft/describe.ts";
import { quote } from "../../../src/raft/quote.ts";
import {
  describeTarget,
  isLocalTarget,
  LocalAppendThread,
  LocalApplyThread,
} from "../../../src/raft/target.ts";
import { utf8 } from "../../support/bytes.ts";

const change = { type: ConfChangeType.ConfChangeAddLearnerNode, nodeId: 2 };

test("TestDescribeEntry: data is quoted, or shown as the application wants it", () => {
  const entry = newEntry({ term: 1, index: 2, data: utf8("hello\x00world") });
  assert.equal(describeEntry(entry), '1/2 EntryNormal "hello\\x00world"');
  const upper = (data: Uint8Array): string => new TextDecoder().decode(data).toUpperCase();
  assert.equal(describeEntry(entry, upper), "1/2 EntryNormal HELLO\x00WORLD");
  assert.equal(
    describeEntry(entry, () => ""),
    "1/2 EntryNormal",
  );
});

test("configuration changes are shown as what they change", () => {
  const v1 = encodeConfChange({ id: 0, ...change, context: noBytes });
  const v2 = encodeConfChangeV2({ transition: 0, changes: [change, change], context: noBytes });
  const text = (type: EntryType, data: Uint8Array): string =>
    describeEntry(newEntry({ type, data }));
  assert.equal(text(Type.EntryConfChange, v1), "0/0 EntryConfChange l2");
  assert.equal(text(Type.EntryConfChangeV2, v2), "0/0 EntryConfChangeV2 l2 l2");
  assert.equal(text(Type.EntryConfChangeV2, noBytes), "0/0 EntryConfChangeV2");
  assert.match(text(Type.EntryConfChangeV2, utf8("\xff\xff")), /^0\/0 EntryConfChangeV2 \S/);
});

test("quoting is Go's, byte for byte", () => {
  const cases: [Uint8Array, string][] = [
    [utf8('say "hi" \\ '), '"say \\"hi\\" \\\\ "'],
    [utf8("\x07\b\t\n\v\f\r\x1b\x7f"), '"\\a\\b\\t\\n\\v\\f\\r\\x1b\\x7f"'],
    [utf8("日本 é 😀"), '"日本 é 😀"'],
    [utf8("\u00a0\u200b\ufeff\u{e0001}"), '"\\u00a0\\u200b\\ufeff\\U000e0001"'],
    [new Uint8Array([0xff, 0x61, 0xc0, 0x80, 0xe2, 0x82]), '"\\xffa\\xc0\\x80\\xe2\\x82"'],
    [new Uint8Array([0xed, 0xa0, 0x80]), '"\\xed\\xa0\\x80"'],
    [new Uint8Array([0xf5, 0x80, 0x80, 0x80, 0x80]), '"\\xf5\\x80\\x80\\x80\\x80"'],
    [noBytes, '""'],
  ];
  for (const [data, expected] of cases) assert.equal(quote(data), expected);
});

test("a message shows what it carries and leaves out what is zero", () => {
  const message = newMessage({
    type: MessageType.MsgAppResp,
    from: 0x1f,
    to: 2,
    term: 3,
    index: 4,
  });
  assert.equal(describeMessage(message), "1f->2 MsgAppResp Term:3 Log:0/4");
  const rejected = { ...message, reject: true, rejectHint: 7, logTerm: 1, commit: 9, vote: 5 };
  assert.equal(
    describeMessage(rejected),
    "1f->2 MsgAppResp Term:3 Log:1/4 Rejected (Hint: 7) Commit:9 Vote:5",
  );
});

test("several entries, a snapshot and responses stand on lines of their own", () => {
  const entries = [newEntry({ term: 1, index: 5 }), newEntry({ term: 1, index: 6 })];
  const response = newMessage({
    type: MessageType.MsgStorageAppendResp,
    from: LocalAppendThread,
    to: 1,
    entries,
  });
  const message = newMessage({
    type: MessageType.MsgStorageAppend,
    from: 1,
    to: LocalAppendThread,
    entries,
    snapshot: newSnapshot({ index: 4, term: 1, confState: newConfState({ voters: [1] }) }),
    responses: [response],
  });
  const conf = "Voters:[1] VotersOutgoing:[] Learners:[] LearnersNext:[] AutoLeave:false";
  assert.equal(
    describeMessage(message),
    [
      "1->AppendThread MsgStorageAppend Term:0 Log:0/0 Entries:[",
      '  1/5 EntryNormal ""',
      '  1/6 EntryNormal ""',
      "]",
      `  Snapshot: Index:4 Term:1 ConfState:${conf} Responses:[`,
      "  AppendThread->1 MsgStorageAppendResp Term:0 Log:0/0 Entries:[",
      '    1/5 EntryNormal ""',
      '    1/6 EntryNormal ""',
      "  ]",
      "]",
    ].join("\n"),
  );
});

test("a Ready shows each of its parts, and an empty one says so", () => {
  const nothing = {
    softState: undefined,
    readStates: [],
    entries: [],
    committedEntries: [],
    messages: [],
    mustSync: false,
  };
  assert.equal(describeReady(nothing), "<empty Ready>");
  const entry = newEntry({ term: 1, index: 3, data: utf8("x") });
  const ready = {
    softState: { lead: 1, raftState: "StateLeader" },
    hardState: { term: 1, vote: 1, commit: 2 },
    readStates: [{ index: 3, requestCtx: utf8("ab") }],
    entries: [entry],
    snapshot: newSnapshot({ index: 2, term: 1 }),
    committedEntries: [entry],
    messages: [newMessage({ type: MessageType.MsgHeartbeat, from: 1, to: 2 })],
    mustSync: true,
  };
  assert.equal(
    describeReady(ready),
    `Ready MustSync=true:
Lead:1 State:StateLeader
HardState Term:1 Vote:1 Commit:2
ReadStates [{3 [97 98]}]
Entries:
1/3 EntryNormal "x"
Snapshot Index:2 Term:1 ConfState:${describeConfState(newConfState())}
CommittedEntries:
1/3 EntryNormal "x"
Messages:
1->2 MsgHeartbeat Term:0 Log:0/0
`,
  );
});

test("targets and types have names, and what has none shows its number", () => {
  assert.equal(describeTarget(0), "None");
  assert.equal(describeTarget(255), "ff");
  assert.equal(describeTarget(LocalApplyThread), "ApplyThread");
  assert.equal(isLocalTarget(LocalAppendThread), true);
  assert.equal(isLocalTarget(1), false);
  assert.equal(messageTypeName(99 as MessageType), "99");
  assert.equal(entryTypeName(99 as EntryType), "99");
  assert.equal(describeHardState({ term: 1, vote: 0, commit: 2 }), "Term:1 Commit:2");
});
