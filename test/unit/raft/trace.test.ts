import assert from "node:assert/strict";
import { test } from "node:test";
import { type Message, RawNode, type TracingEvent } from "../../../src/raft/index.ts";
import { data, storageOf } from "./support/testnode.ts";

/** Two nodes that elect the first, and all that is traced of it. */
function traced(): { readonly events: TracingEvent[]; pump(): void; readonly nodes: RawNode[] } {
  const events: TracingEvent[] = [];
  const stores = [1, 2].map(() => storageOf({ voters: [1, 2] }));
  const nodes = stores.map(
    (storage, i) =>
      new RawNode({
        id: i + 1,
        electionTick: 10,
        heartbeatTick: 1,
        storage,
        random: () => 0,
        maxSizePerMsg: 1000,
        maxInflightMsgs: 10,
        ...(i === 0 ? { traceLogger: { traceEvent: (event) => events.push(event) } } : {}),
      }),
  );
  const pump = () => {
    while (nodes.some((node) => node.hasReady())) {
      const messages: Message[] = [];
      nodes.forEach((node, i) => {
        const ready = node.ready();
        stores[i]?.append(ready.entries);
        messages.push(...ready.messages);
        node.advance();
      });
      for (const message of messages) nodes[message.to - 1]?.step(message);
    }
  };
  return { events, pump, nodes };
}

test("an election and a proposal are traced in etcd's events", () => {
  const { events, pump, nodes } = traced();
  nodes[0]?.campaign();
  pump();
  nodes[0]?.propose(data("a"));
  pump();
  const names = new Set<string>(events.map(({ name }) => name));
  const wanted = [
    "InitState",
    "ApplyConfChange",
    "BecomeFollower",
    "BecomeCandidate",
    "SendRequestVoteRequest",
    "ReceiveRequestVoteResponse",
    "SendRequestVoteResponse",
    "BecomeLeader",
    "Replicate",
    "SendAppendEntriesRequest",
    "ReceiveAppendEntriesResponse",
    "SendAppendEntriesResponse",
    "Commit",
    "Ready",
  ];
  assert.deepEqual(
    wanted.filter((name) => !names.has(name)),
    [],
  );
  const led = events.find(({ name }) => name === "BecomeLeader");
  assert.deepEqual(led, {
    name: "BecomeLeader",
    nid: "1",
    state: { term: 1, vote: "1", commit: 0 },
    role: "StateLeader",
    log: 0,
    conf: [["1", "2"], []],
  });
  const sent = events.find(({ name, msg }) => msg?.type === "MsgApp" && name.startsWith("Send"));
  assert.deepEqual(sent?.msg, {
    type: "MsgApp",
    term: 1,
    from: "1",
    to: "2",
    entries: 1,
    logTerm: 0,
    index: 0,
    commit: 0,
    vote: "0",
    reject: false,
    rejectHint: 0,
  });
  assert.deepEqual(sent?.prop, { match: 0, next: 1 });
});

test("configuration changes are traced when they are proposed and when they are applied", () => {
  const { events, pump, nodes } = traced();
  nodes[0]?.campaign();
  pump();
  events.length = 0;
  const types = [0, 1, 2, 3] as const;
  const changes = types.map((type) => ({ type, nodeId: type + 1 }));
  const change = { transition: 0, changes, context: data("") } as const;
  nodes[0]?.proposeConfChange(change);
  const proposed = events.find(({ name }) => name === "ChangeConf");
  assert.deepEqual(proposed?.prop?.cc?.changes, [
    { nid: "1", action: "AddNewServer" },
    { nid: "2", action: "RemoveServer" },
    { nid: "4", action: "AddLearner" },
  ]);
  nodes[0]?.applyConfChange({ ...change, changes: [{ type: 3, nodeId: 5 }] });
  const applied = events.find(({ name }) => name === "ApplyConfChange");
  assert.deepEqual(applied?.prop?.cc?.newconf, ["1", "2"]);
});

test("a snapshot is traced as so many entries", () => {
  const { events, nodes } = traced();
  const snapshot = {
    data: data(""),
    metadata: {
      index: 7,
      term: 1,
      confState: {
        voters: [1, 2],
        learners: [],
        votersOutgoing: [],
        learnersNext: [],
        autoLeave: false,
      },
    },
  };
  const empty = { entries: [], responses: [], context: undefined, logTerm: 3, index: 4, commit: 0 };
  const rest = { vote: 0, reject: false, rejectHint: 0, snapshot };
  nodes[0]?.step({ type: 7, from: 2, to: 1, term: 1, ...empty, ...rest });
  const received = events.find(({ name }) => name === "ReceiveAppendEntriesRequest");
  assert.deepEqual(
    [received?.msg?.entries, received?.msg?.index, received?.msg?.logTerm],
    [7, 0, 0],
  );
});
