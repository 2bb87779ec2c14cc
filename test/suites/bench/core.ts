/**
 * Three nodes in one process: the leader proposes entries, messages are encoded and decoded between
 * them, storage is in memory, until all three have applied all. Prints one line, ending in ops/s=N.
 * Members live for days, so what is measured is compiled code: three other nodes run for `--warmup`
 * entries first (0 for none).
 *
 *   npm run bench:core -- --batch 64 --ops 400000 --size 100 [--propose one|batch] [--warmup N]
 */
import { parseArgs } from "node:util";
import {
  decodeConfChange,
  decodeMessage,
  EntryType,
  encodeMessage,
  MemoryStorage,
  type Message,
  newConfState,
  newSnapshot,
  RawNode,
} from "../../../src/raft/index.ts";

const ids = [1, 2, 3] as const;
const keepEntries = 5_000;
const compactEvery = 10_000;

interface Options {
  readonly batch: number;
  readonly ops: number;
  readonly size: number;
  readonly propose: "one" | "batch";
  readonly warmup: number;
}

class Member {
  readonly storage = new MemoryStorage();
  readonly node: RawNode;
  applied = 0;

  constructor(id: number) {
    const confState = newConfState({ voters: ids });
    this.storage.applySnapshot(newSnapshot({ index: 1, term: 1, confState }));
    this.node = new RawNode({
      id,
      electionTick: 10,
      heartbeatTick: 1,
      storage: this.storage,
      random: () => 0,
      maxSizePerMsg: 2 ** 20,
      maxInflightMsgs: 256,
    });
  }

  /** Handles one Ready; what it sends goes, encoded and decoded, to `queue`. */
  handleReady(queue: Message[]): void {
    const ready = this.node.ready();
    this.storage.append(ready.entries);
    if (ready.hardState !== undefined) this.storage.setHardState(ready.hardState);
    for (const message of ready.messages) queue.push(decodeMessage(encodeMessage(message)));
    for (const entry of ready.committedEntries) {
      if (entry.type === EntryType.EntryConfChange) {
        this.node.applyConfChange(decodeConfChange(entry.data));
      } else if (entry.data.length > 0) {
        this.applied++;
      }
    }
    this.node.advance();
  }

  compact(): void {
    const last = this.storage.lastIndex();
    if (last > keepEntries) this.storage.compact(last - keepEntries);
  }
}

/** Lets the members work and talk until nothing is left to do. */
function pump(members: readonly Member[]): void {
  let queue: Message[] = [];
  for (;;) {
    let busy = false;
    for (const member of members) {
      while (member.node.hasReady()) {
        busy = true;
        member.handleReady(queue);
      }
    }
    const messages = queue;
    queue = [];
    for (const message of messages) members[message.to - 1]?.node.step(message);
    if (!busy && messages.length === 0) return;
  }
}

/** Operations a second. */
function run({ batch, ops, size, propose }: Omit<Options, "warmup">): number {
  const members = ids.map((id) => new Member(id));
  const leader = (members[0] as Member).node;
  leader.campaign();
  pump(members);
  const data = new Uint8Array(size);
  const start = performance.now();
  for (let done = 0; done < ops; done += batch) {
    const count = Math.min(batch, ops - done);
    if (propose === "batch") {
      leader.proposeBatch(Array.from({ length: count }, () => data));
    } else {
      for (let i = 0; i < count; i++) leader.propose(data);
    }
    pump(members);
    if (done > 0 && done % compactEvery < batch) for (const member of members) member.compact();
  }
  const seconds = (performance.now() - start) / 1000;
  for (const { applied } of members) {
    if (applied !== ops) throw new Error(`applied ${applied} entries of ${ops}`);
  }
  return ops / seconds;
}

function options(): Options {
  const { values } = parseArgs({
    options: {
      batch: { type: "string", default: "64" },
      ops: { type: "string", default: "200000" },
      size: { type: "string", default: "100" },
      propose: { type: "string", default: "one" },
      warmup: { type: "string", default: "50000" },
    },
  });
  const { propose } = values;
  if (propose !== "one" && propose !== "batch") throw new Error(`--propose ${propose}?`);
  const count = (name: "batch" | "ops" | "size" | "warmup", least: number): number => {
    const value = Number(values[name]);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new Error(`--${name} ${values[name]} is no count of at least ${least}`);
  };
  const [batch, ops, size] = [count("batch", 1), count("ops", 1), count("size", 1)];
  return { batch, ops, size, propose, warmup: count("warmup", 0) };
}

const given = options();
const { batch, ops, size, propose, warmup } = given;
if (warmup > 0) run({ ...given, ops: warmup });
const rate = Math.round(run(given));
const line = `batch=${batch} ops=${ops} size=${size} propose=${propose} warmup=${warmup}`;
console.log(`core ${line} ops/s=${rate}`);
