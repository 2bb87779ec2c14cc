import { files } from "./files.ts";
import type { Edit, Mutant } from "./mutant.ts";
import { smallRequestWindow } from "./variants.ts";

/** Known-bad variants of the host: turns, reads, birth, leases. */
/** A member that has led once keeps the deadlines of that time. */
const promotedOnce: Edit = {
  file: files.leases,
  find: "    machine.leases.promote(this.#time.nowMs, electionTicks * tickMs);\n",
  replace: [
    "    const first = !machine.leases.primary;",
    "    if (first) machine.leases.promote(this.#time.nowMs, electionTicks * tickMs);",
    "",
  ],
};

export const hostMutants: readonly Mutant[] = [
  {
    name: "acknowledge-before-the-gate",
    about: "A follower acknowledges entries before it writes them.",
    edits: [
      {
        file: files.turn,
        find: "    case MessageType.MsgApp:\n",
        replace: "    case MessageType.MsgApp:\n    case MessageType.MsgAppResp:\n",
      },
    ],
    profiles: ["calm", "crashes"],
  },
  {
    name: "vote-before-the-gate",
    about: "A vote is sent before it is written.",
    edits: [
      {
        file: files.turn,
        find: "    case MessageType.MsgApp:\n",
        replace: "    case MessageType.MsgApp:\n    case MessageType.MsgVoteResp:\n",
      },
    ],
    profiles: ["crashes", "deploys"],
  },
  {
    name: "answer-before-apply",
    about: "A confirmed read is answered before its index is applied.",
    edits: [
      {
        file: files.readIndex,
        find: "if (index <= this.#appliedIndex) for (const read of round.reads) read.ready();",
        replace: "if (index >= 0) for (const read of round.reads) read.ready();",
      },
    ],
    profiles: ["lossy", "partitions"],
  },
  {
    name: "apply-twice-after-restart",
    about: "The last entry of the snapshot is applied again.",
    edits: [
      {
        file: files.raftNode,
        find: "applied: machine.appliedIndex,",
        replace: "applied: Math.max(0, machine.appliedIndex - 1),",
      },
      {
        file: files.turn,
        find: "if (entry.index !== machine.appliedIndex + 1) {",
        replace: "if (entry.index > machine.appliedIndex + 1) {",
      },
      {
        file: files.state,
        find: "if (index !== this.#appliedIndex + 1 || term < this.#appliedTerm) {",
        replace: "if (index > this.#appliedIndex + 1) {",
      },
    ],
    profiles: ["snapshots", "crashes"],
  },
  {
    name: "read-not-confirmed",
    about: "A read's index is given away although the leader may be superseded.",
    edits: [
      {
        file: files.confirmation,
        find: "if (this.#rowsDurable > arrival.row ||",
        replace: "if (arrival.row >= 0 ||",
      },
    ],
    profiles: ["reads"],
  },
  {
    name: "fence-row-begun-before-the-read",
    about: "A row that was begun before the read arrived confirms it.",
    edits: [
      {
        file: files.confirmation,
        find: "if (this.#rowsDurable > arrival.row ||",
        replace: "if (this.#rowsDurable >= arrival.row ||",
      },
      {
        file: files.confirmation,
        find: "this.#releaseWhere((held) => this.#rowsDurable > held.row);",
        replace: "this.#releaseWhere((held) => this.#rowsDurable >= held.row);",
      },
    ],
    profiles: ["reads"],
  },
  {
    name: "read-context-on-a-socket",
    about: "A read round's question travels on a socket, which a superseded instance keeps.",
    edits: [
      {
        file: files.quorumRound,
        find: "if (isTick) this.#core.transport.send([{ ...heartbeat, context: undefined }]);",
        replace: "if (isTick) this.#core.transport.send([heartbeat]);",
      },
    ],
    profiles: ["calm"],
  },
  {
    name: "superseded-acknowledgement",
    about: "A read round's answer is taken from a socket, whoever holds it.",
    edits: [
      {
        file: files.raftConfig,
        find: "return round && context !== undefined ?",
        replace: "return round && context === null ?",
      },
      {
        file: files.turn,
        find: "return round ? mail.roundResponses : mail.late;",
        replace: "return round ? mail.late : mail.late;",
      },
    ],
    profiles: ["reads"],
  },
  {
    name: "version-raised-too-soon",
    about: "The cluster version is raised to what the leader's code knows, whoever else does not.",
    edits: [
      {
        file: files.clusterVersion,
        find: "this.#raise(Math.min(this.#parts.supported, ...versions), asked);",
        replace: "this.#raise(Math.max(this.#parts.supported, ...versions), asked);",
      },
    ],
    profiles: ["deploys", "everything"],
  },
  {
    name: "second-founder",
    about: "A member is witness to a founder although it belongs to a cluster already.",
    edits: [
      {
        file: files.birth,
        find: `if (from !== this.#founderId) return { refused: `,
        replace: `if (identity.clusterId !== "") return { join: this.introduction(true) };
    if (from !== this.#founderId) return { refused: `,
      },
      {
        file: files.birth,
        find: 'if (identity.founder !== "" && identity.founder !== founder) {',
        replace: [
          'if (identity.founder !== "") return { join: this.introduction(true) };',
          'if (founder === "") {',
        ],
      },
      {
        file: files.birth,
        find: 'if (identity.known !== "") return {',
        replace: 'if (identity.known === " ") return {',
      },
      {
        file: files.birth,
        find: 'if (identity.known !== "") {',
        replace: 'if (identity.known === " ") {',
      },
    ],
    profiles: ["slow-disk", "everything"],
  },
  {
    name: "wiped-member-votes",
    about: "A member that lost its storage takes part under its old id.",
    edits: [
      {
        file: files.birth,
        find: "    this.#identity.know(clusterId);\n    this.#elsewhere =\n",
        replace: [
          '    if (this.#identity.clusterId === "") {',
          "      this.#identity.belong(clusterId);",
          "      this.#beginnings.joined();",
          "      return;",
          "    }",
          "    this.#elsewhere =",
          "",
        ],
      },
      {
        file: files.peers,
        find: "if (toInstance !== roster.instance) {",
        replace: "if (to !== roster.memberId) {",
      },
      {
        file: files.peers,
        find: 'if (recorded !== "" && recorded !== fromInstance) {',
        replace: "if (from < 0) {",
      },
    ],
    profiles: ["slow-disk", "everything"],
  },
  {
    name: "lease-deadlines-of-an-earlier-reign",
    about: "A member that leads again ends leases by the deadlines of its earlier reign.",
    edits: [
      promotedOnce,
      {
        file: files.leases,
        find: "    this.#core.machine.leases.demote();\n",
        replace: "",
      },
    ],
    profiles: ["partitions", "membership"],
  },
  {
    name: "leases-on-a-followers-clock",
    about: "Followers count the time of leases, too, and end them by it when they lead.",
    edits: [
      promotedOnce,
      {
        file: files.leases,
        find: "    this.#core.machine.leases.demote();\n",
        replace: [
          "    const { machine, options } = this.#core;",
          "    const { electionTicks, tickMs } = options.tuning;",
          "    machine.leases.promote(this.#time.nowMs, electionTicks * tickMs);",
          "",
        ],
      },
      {
        file: files.leases,
        find: "if (!this.#leads || this.#ticks % ticksBetweenScans !== 0) return;",
        replace: "if (this.#ticks % ticksBetweenScans !== 0) return;",
      },
      {
        file: files.leases,
        find: "    for (const ID of machine.leases.expired(certainMs, grantedMs)) {",
        replace: [
          "    const expired = machine.leases.expired(certainMs, grantedMs);",
          "    if (!this.#leads) return;",
          "    for (const ID of expired) {",
        ],
      },
    ],
    profiles: ["partitions", "membership"],
  },
  {
    name: "leases-by-the-clock",
    about: "Leases live by a clock that may jump.",
    edits: [
      {
        file: files.leaseTime,
        find: "this.#passedMs += plausible ? stepMs : this.#tickMs;",
        replace: "this.#passedMs += plausible ? stepMs : Math.max(stepMs, this.#tickMs);",
      },
    ],
    profiles: ["crashes"],
  },
  {
    name: "leases-not-extended",
    about: "A new leader takes leases for what the log says of them, and counts from before.",
    edits: [
      {
        file: files.leases,
        find: "machine.leases.promote(this.#time.nowMs, electionTicks * tickMs);",
        replace: "machine.leases.promote(this.#time.nowMs - 4_000, electionTicks * tickMs);",
      },
    ],
    profiles: ["partitions", "crashes"],
  },
  {
    name: "retry-with-a-fresh-index",
    about: "A retry names the index seen last, so that it looks new when its outcome is forgotten.",
    edits: [
      ...smallRequestWindow,
      {
        file: files.caller,
        find: 'member.propose({ request: request.slice(), token: "", timeoutMs });',
        replace:
          'member.propose({ request: refreshed(request, this.seenIndex), token: "", timeoutMs });',
      },
      {
        file: files.caller,
        find: "/** An answer, and the instance that gave it. */",
        replace: [
          'import { Request } from "../../../../src/proto/generated/kv.ts";',
          "const refreshed = (bytes, seenIndex) =>",
          "  Request.encode({ ...Request.decode(bytes), seenIndex });",
          "",
        ],
      },
    ],
    profiles: ["lossy", "crashes"],
  },
];
