import { files } from "./files.ts";
import type { Mutant } from "./mutant.ts";
import {
  constantSnapshots,
  eagerSnapshots,
  everySnapshotIsStepped,
  jointChanges,
} from "./variants.ts";

const raft = "src/raft/consensus";

/** Known-bad variants of the consensus core. */
export const raftMutants: readonly Mutant[] = [
  {
    name: "commit-without-quorum",
    about: "The leader commits what any one voter has.",
    edits: [
      {
        file: files.majority,
        find: "sorted[n - (Math.floor(n / 2) + 1)] as number",
        replace: "sorted[n - 1] as number",
      },
    ],
    profiles: ["calm", "crashes"],
  },
  {
    name: "commit-old-term-by-counting",
    about: "An entry of an earlier term is committed because a majority has it (figure 8).",
    edits: [
      {
        file: files.raftlog,
        find: "term === 0 || index <= this.committed || !this.matchTerm(index, term)",
        replace: "term === 0 || index <= this.committed",
      },
    ],
    profiles: ["everything", "partitions"],
  },
  {
    name: "vote-twice-after-restart",
    about: "A restarted node forgets for whom it voted.",
    edits: [{ file: `${raft}/start.ts`, find: "raft.vote = state.vote;", replace: "" }],
    profiles: ["crashes", "deploys"],
  },
  {
    name: "vote-for-anybody",
    about: "A vote is given to a candidate whose log is behind.",
    edits: [
      {
        file: `${raft}/election.ts`,
        find: "!canVote || !raft.log.isUpToDate(m.index, m.logTerm)",
        replace: "!canVote",
      },
    ],
    profiles: ["partitions", "crashes"],
  },
  {
    name: "read-without-a-round",
    about: "The leader answers reads without asking anybody whether it still leads.",
    edits: [
      {
        file: `${raft}/readindex.ts`,
        find: "if (raft.readOnly.option === ReadOnlyOption.ReadOnlyLeaseBased) {",
        replace: "if (raft.readOnly.option !== undefined) {",
      },
    ],
    profiles: ["reads"],
  },
  {
    name: "read-before-first-commit",
    about: "A new leader answers reads before it has committed in its term.",
    edits: [
      {
        file: `${raft}/readindex.ts`,
        find: "} else if (!raft.committedEntryInCurrentTerm()) {\n    // A new",
        replace: "} else if (raft.term < 0) {\n    // A new",
      },
    ],
    profiles: ["crashes", "slow-disk"],
  },
  {
    name: "one-majority-of-two",
    about: "In a joint configuration only the incoming majority counts.",
    edits: [
      ...jointChanges,
      {
        file: files.joint,
        find: "return Math.min(incoming, this.outgoing.committedIndex(ackedIndex));",
        replace: "return incoming;",
      },
      {
        file: files.joint,
        find: "const outgoing = this.outgoing.voteResult(vote);",
        replace: "const outgoing = incoming;",
      },
    ],
    profiles: ["membership", "everything"],
  },
  {
    name: "conf-state-not-restored",
    about: "A snapshot is restored without its configuration.",
    edits: [
      {
        file: `${raft}/snapshot-restore.ts`,
        find: "  switchToConfig(raft, membership);\n",
        replace: "  if (membership === undefined) switchToConfig(raft, membership);\n",
      },
    ],
    profiles: ["snapshots", "membership"],
  },
  {
    name: "restore-below-commit",
    about: "A snapshot below the commit index replaces the log.",
    edits: [
      ...eagerSnapshots,
      ...everySnapshotIsStepped,
      {
        file: `${raft}/snapshot-restore.ts`,
        find: "if (index <= log.committed) return false;",
        replace: "if (index + 1_000_000 <= log.committed) return false;",
      },
    ],
    profiles: ["everything", "snapshots"],
  },
  {
    name: "no-fast-forward",
    about: "A snapshot that the log reaches anyhow is restored, and the tail behind it lost.",
    edits: [
      ...constantSnapshots,
      ...eagerSnapshots,
      ...everySnapshotIsStepped,
      {
        file: `${raft}/snapshot-restore.ts`,
        find: "if (log.matchTerm(index, term)) {",
        replace: "if (log.matchTerm(index, term) && raft.term < 0) {",
      },
    ],
    profiles: ["snapshots", "everything"],
  },
  {
    name: "lose-the-tail",
    about: "A snapshot that the log reaches anyhow cuts off what follows it.",
    edits: [
      ...constantSnapshots,
      ...eagerSnapshots,
      ...everySnapshotIsStepped,
      {
        file: `${raft}/snapshot-restore.ts`,
        find: "    log.commitTo(index);\n",
        replace: [
          "    log.append(log.slice(index, index + 1, Number.MAX_SAFE_INTEGER));",
          "    log.commitTo(index);",
          "",
        ],
      },
    ],
    profiles: ["snapshots", "everything"],
  },
  {
    name: "stuck-in-state-snapshot",
    about: "A follower that got its snapshot is never replicated to again.",
    edits: [
      {
        file: `${raft}/snapshot-send.ts`,
        find: "if (pr.state !== ProgressState.StateSnapshot) return;",
        replace: "if (pr.state !== undefined) return;",
      },
      {
        file: `${raft}/replication.ts`,
        find: "} else if (pr.match + 1 >= raft.log.firstIndex()) {",
        replace: "} else if (raft.term < 0) {",
      },
    ],
    profiles: ["snapshots", "calm"],
  },
  {
    name: "conflicts-are-kept",
    about: "A follower keeps its own entries where the leader's conflict with them.",
    edits: [
      {
        file: files.raftlog,
        find: "this.append(known === 0 ? entries : entries.slice(known));",
        replace: "if (conflict > this.lastIndex()) this.append(entries.slice(known));",
      },
    ],
    profiles: ["partitions", "crashes"],
  },
  {
    name: "heartbeat-commits-too-far",
    about: "A heartbeat tells a commit index beyond what the follower is known to share.",
    edits: [
      {
        file: `${raft}/heartbeat.ts`,
        find: "const commit = Math.min(pr.match, raft.log.committed);",
        replace: "const commit = raft.log.committed;",
      },
      {
        file: `${raft}/heartbeat.ts`,
        find: "raft.log.commitTo(m.commit);",
        replace: "raft.log.commitTo(Math.min(m.commit, raft.log.lastIndex()));",
      },
    ],
    profiles: ["partitions", "crashes"],
  },
  {
    name: "append-without-looking",
    about: "A follower appends what does not follow its own last entry of that term.",
    edits: [
      {
        file: files.raftlog,
        find: "if (!this.matchTerm(prev.index, prev.term)) return undefined;",
        replace: "if (prev.index > this.lastIndex()) return undefined;",
      },
    ],
    profiles: ["everything", "partitions"],
  },
];
