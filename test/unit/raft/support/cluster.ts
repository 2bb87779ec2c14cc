import { type Message, MessageType, newEntry, newMessage } from "../../../../src/proto/raftpb.ts";
import { step } from "../../../../src/raft/consensus/step.ts";
import { ProposalDroppedError } from "../../../../src/raft/errors.ts";
import { data, type NodeOptions, TestNode } from "./testnode.ts";

/**
 * Nodes on a network that delivers in order and at once, except for what a test cuts. Ids that are
 * members but have no node here are down.
 */
export class RaftCluster {
  readonly #nodes = new Map<number, TestNode>();
  readonly #cuts = new Set<string>();
  readonly #ignored = new Set<MessageType>();
  /** Looks at each message that is about to be delivered; false drops it. */
  hook: (message: Message) => boolean = () => true;
  /** Proposals that were refused on arrival. */
  refused = 0;

  constructor(nodes: readonly TestNode[]) {
    for (const node of nodes) this.#nodes.set(node.id, node);
  }

  /** Voters 1 to `size`; those in `down` exist on paper only. */
  static of(size: number, options: NodeOptions = {}, down: readonly number[] = []): RaftCluster {
    const voters = Array.from({ length: size }, (_, i) => i + 1);
    const up = voters.filter((id) => !down.includes(id));
    return new RaftCluster(up.map((id) => new TestNode(id, { voters, ...options })));
  }

  get nodes(): TestNode[] {
    return [...this.#nodes.values()];
  }

  node(id: number): TestNode {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  add(node: TestNode): void {
    this.#nodes.set(node.id, node);
  }

  /** Delivers the messages and all that follows from them, until everybody is silent. */
  send(...messages: Message[]): void {
    const queue = [...messages];
    for (let m = queue.shift(); m !== undefined; m = queue.shift()) {
      const node = this.#nodes.get(m.to);
      if (node === undefined) continue;
      try {
        step(node.raft, m);
      } catch (error) {
        if (!(error instanceof ProposalDroppedError)) throw error;
        this.refused++;
      }
      queue.push(...this.#passing(node.messages()));
    }
  }

  /** Delivers what the nodes have queued by themselves. */
  flush(...ids: number[]): void {
    const nodes = ids.length === 0 ? this.nodes : ids.map((id) => this.node(id));
    for (const node of nodes) this.send(...this.#passing(node.messages()));
  }

  #passing(messages: readonly Message[]): Message[] {
    return messages.filter((m) => {
      if (m.type === MessageType.MsgHup) throw new Error("MsgHup never leaves a node");
      const cut = this.#cuts.has(`${m.from} ${m.to}`) || this.#ignored.has(m.type);
      return !cut && this.hook(m);
    });
  }

  campaign(id: number): void {
    this.send(newMessage({ type: MessageType.MsgHup, from: id, to: id }));
  }

  beat(id: number): void {
    this.send(newMessage({ type: MessageType.MsgBeat, from: id, to: id }));
  }

  propose(id: number, ...texts: string[]): void {
    const entries = texts.map((text) => newEntry({ data: data(text) }));
    this.send(newMessage({ type: MessageType.MsgProp, from: id, to: id, entries }));
  }

  transfer(leader: number, to: number): void {
    this.send(newMessage({ type: MessageType.MsgTransferLeader, from: to, to: leader }));
  }

  cut(a: number, b: number): void {
    this.#cuts.add(`${a} ${b}`);
    this.#cuts.add(`${b} ${a}`);
  }

  isolate(id: number): void {
    for (const other of this.#nodes.keys()) if (other !== id) this.cut(id, other);
  }

  ignore(type: MessageType): void {
    this.#ignored.add(type);
  }

  /** Mends everything that a test has cut. */
  heal(): void {
    this.#cuts.clear();
    this.#ignored.clear();
    this.hook = () => true;
  }

  /** Each node's role, by id: "StateLeader" and so on. */
  states(): string[] {
    return this.nodes.map(({ raft }) => raft.state);
  }

  terms(): number[] {
    return this.nodes.map(({ raft }) => raft.term);
  }
}
