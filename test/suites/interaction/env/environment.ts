import {
  type Message,
  MessageType,
  newMessage,
  type Snapshot,
} from "../../../../src/proto/raftpb.ts";
import type { Config } from "../../../../src/raft/config.ts";
import {
  describeEntries,
  describeMessage,
  describeReady,
  messageTypeName,
} from "../../../../src/raft/describe.ts";
import { noLimit } from "../../../../src/raft/log/size.ts";
import { isLocalTarget } from "../../../../src/raft/target.ts";
import { ScriptError } from "../datadriven/line.ts";
import { CommandError, isPrinted } from "./errors.ts";
import { Node } from "./node.ts";
import { Output } from "./output.ts";

/** Whose messages are delivered, or dropped. */
export interface Recipient {
  readonly id: number;
  readonly drop: boolean;
}

/** The nodes of one script, the network between them, and what they print. */
export class Environment {
  readonly output = new Output();
  readonly nodes: Node[] = [];
  /** In flight, oldest first. */
  #messages: Message[] = [];

  node(id: number): Node {
    const node = this.nodes[id - 1];
    if (node === undefined) throw new ScriptError(`there is no node ${id}`);
    return node;
  }

  addNodes(count: number, options: Partial<Config>, snapshot: Snapshot | undefined): void {
    for (let i = 0; i < count; i++) {
      if (snapshot !== undefined && snapshot.metadata.index <= 1) {
        throw new CommandError("index must be specified as > 1 due to bootstrap");
      }
      const config = {
        electionTick: 3,
        heartbeatTick: 1,
        maxSizePerMsg: noLimit,
        maxInflightMsgs: 2 ** 31 - 1,
        applied: snapshot?.metadata.index ?? 0,
        ...options,
        id: this.nodes.length + 1,
        // The shortest timeout. Scripts that depend on it set their own.
        random: () => 0,
        logger: this.output,
      };
      this.nodes.push(new Node(config, snapshot));
    }
  }

  /** Takes one Ready of the node, prints and handles it. */
  processReady(id: number): void {
    const node = this.node(id);
    const ready = node.raw.ready();
    this.output.write(describeReady(ready));
    const asynchronous = node.config.asyncStorageWrites === true;
    if (!asynchronous) {
      node.append(ready.hardState, ready.entries, ready.snapshot);
      node.apply(ready.committedEntries);
    }
    for (const message of ready.messages) this.#send(node, message, asynchronous);
    if (!asynchronous) node.raw.advance();
  }

  #send(node: Node, message: Message, asynchronous: boolean): void {
    if (!isLocalTarget(message.to)) {
      this.#messages.push(message);
      return;
    }
    const type = messageTypeName(message.type);
    if (!asynchronous) throw new Error(`${type} although storage writes are synchronous`);
    if (message.type === MessageType.MsgStorageAppend) node.appendWork.push(message);
    else if (message.type === MessageType.MsgStorageApply) node.applyWork.push(message);
    else throw new Error(`unexpected message type ${type} to a local target`);
  }

  processAppendThread(id: number): void {
    const node = this.node(id);
    const message = node.appendWork.shift();
    if (message === undefined) {
      this.output.write("no append work to perform");
      return;
    }
    this.#processWork(message, () => {
      const { term, vote, commit, entries, snapshot } = message;
      node.append({ term, vote, commit }, entries, snapshot);
    });
  }

  processApplyThread(id: number): void {
    const node = this.node(id);
    const message = node.applyWork.shift();
    if (message === undefined) {
      this.output.write("no apply work to perform");
      return;
    }
    this.#processWork(message, () => node.apply(message.entries));
  }

  #processWork(message: Message, work: () => void): void {
    this.output.line("Processing:");
    this.output.line(describeMessage({ ...message, responses: [] }));
    work();
    this.output.line("Responses:");
    for (const response of message.responses) this.output.line(describeMessage(response));
    this.#messages.push(...message.responses);
  }

  /** Delivers or drops, recipient by recipient, and returns how many messages that were. */
  deliver(recipients: readonly Recipient[], type?: MessageType): number {
    let count = 0;
    for (const { id, drop } of recipients) {
      const chosen = this.#inFlight(id, drop, type);
      this.#messages = this.#messages.filter((message) => !chosen.includes(message));
      count += chosen.length;
      for (const message of chosen) {
        this.output.line(`${drop ? "dropped: " : ""}${describeMessage(message)}`);
        if (!drop) this.#step(id, message);
      }
    }
    return count;
  }

  #inFlight(id: number, drop: boolean, type?: MessageType): Message[] {
    return this.#messages.filter(
      (message) =>
        message.to === id &&
        (type === undefined || message.type === type) &&
        // Nothing is lost between a node and its own storage.
        !(drop && (message.from === message.to || isLocalTarget(message.from))),
    );
  }

  #step(id: number, message: Message): void {
    try {
      this.node(id).raw.step(message);
    } catch (error) {
      if (!isPrinted(error)) throw error;
      this.output.line(error.message);
    }
  }

  /** Handles everything there is to do for these nodes, round by round, until nothing is left. */
  stabilize(nodes: readonly Node[]): void {
    for (let busy = true; busy; ) {
      busy = false;
      const section = (heading: string, body: () => void): void => {
        busy = true;
        this.output.section(heading, body);
      };
      for (const { id, raw } of nodes) {
        if (raw.hasReady()) section(`> ${id} handling Ready`, () => this.processReady(id));
      }
      for (const { id } of nodes) {
        if (this.#inFlight(id, false).length === 0) continue;
        section(`> ${id} receiving messages`, () => this.deliver([{ id, drop: false }]));
      }
      for (const { id, appendWork } of nodes) {
        if (appendWork.length === 0) continue;
        section(`> ${id} processing append thread`, () => {
          while (appendWork.length > 0) this.processAppendThread(id);
        });
      }
      for (const { id, applyWork } of nodes) {
        if (applyWork.length === 0) continue;
        section(`> ${id} processing apply thread`, () => {
          while (applyWork.length > 0) this.processApplyThread(id);
        });
      }
    }
  }

  /** Queues a snapshot of one node's newest state for another. */
  sendSnapshot(from: number, to: number): void {
    const { storage, raw } = this.node(from);
    const message = newMessage({
      type: MessageType.MsgSnap,
      term: raw.basicStatus().hardState.term,
      from,
      to: this.node(to).id,
      snapshot: storage.snapshot(),
    });
    this.#messages.push(message);
    this.output.write(describeMessage(message));
  }

  printLog(id: number): void {
    const { storage } = this.node(id);
    const first = storage.firstIndex();
    const last = storage.lastIndex();
    if (last < first) {
      this.output.write(`log is empty: first index=${first}, last index=${last}`);
      return;
    }
    this.output.write(describeEntries(storage.entries(first, last + 1, noLimit)));
  }
}
