import { files } from "./files.ts";
import type { Mutant } from "./mutant.ts";
import { constantCompactions, eagerSnapshots, everySnapshotIsStepped } from "./variants.ts";

/** Known-bad variants of WAL, snapshot records, checkpoints and transfers. */
export const storageMutants: readonly Mutant[] = [
  {
    name: "skip-the-hard-state",
    about: "Term, vote and commit are not written.",
    edits: [
      {
        file: files.memberStorage,
        find: "const rows = this.#wal.save(hardState, entries);",
        replace: "const rows = this.#wal.save(undefined, entries);",
      },
    ],
    profiles: ["crashes"],
  },
  {
    name: "commit-missing-from-the-row",
    about: "A WAL row carries an older commit index than the one that is known.",
    edits: [
      {
        file: files.wal,
        find: "this.#writeRow({ entries: list, hardState: this.#hardState });",
        replace: [
          "this.#writeRow({",
          "      entries: list,",
          "      hardState: { ...this.#hardState, commit: this.#written.commit },",
          "    });",
        ],
      },
    ],
    profiles: ["crashes"],
  },
  {
    name: "no-wal-snapshot-record",
    about: "A snapshot is saved without the WAL's record of it.",
    edits: [
      {
        file: files.memberStorage,
        find: "    this.#wal.saveSnapshot(walSnapshot(snapshot));\n",
        replace: "",
      },
    ],
    profiles: ["snapshots", "crashes"],
  },
  {
    name: "snapshot-crc-unchecked",
    about: "A damaged snapshot record is used.",
    edits: [
      {
        file: files.record,
        find: "if (computed !== crc) {",
        replace: "if (computed === -1) {",
      },
    ],
    profiles: ["snapshots", "slow-disk"],
  },
  {
    name: "wal-crc-unchecked",
    about: "A damaged WAL row is used.",
    edits: [
      {
        file: files.decoder,
        find: "if (this.#crc !== 0 && crc !== this.#crc) return",
        replace: "if (this.#crc < 0) return",
      },
      {
        file: files.decoder,
        find: "if (rolled !== crc) return mismatch(rolled, crc);",
        replace: "if (rolled < 0) return mismatch(rolled, crc);",
      },
      {
        file: files.decoder,
        find: "this.#crc = rolled;",
        replace: "this.#crc = crc;",
      },
    ],
    profiles: ["slow-disk", "everything"],
  },
  {
    name: "fallback-across-an-installation",
    about: "What was there before an installed snapshot can still be loaded.",
    edits: [
      {
        file: files.memberStorage,
        find: "    this.#snapshotter.keepOnly(snapshot.metadata);\n",
        replace: "",
      },
      {
        file: files.load,
        find: "const found = snapshotter.loadNewestAvailable(known);",
        replace: "const found = snapshotter.load();",
      },
    ],
    profiles: ["snapshots", "everything"],
  },
  {
    name: "lost-entries-behind-an-installation",
    about: "The log behind an installed snapshot keeps the entries of the old one.",
    edits: [
      {
        file: files.memberStorage,
        find: "this.#raft.applySnapshot(snapshot, this.#wal);",
        replace: "this.#raft.applySnapshot(snapshot);",
      },
    ],
    profiles: ["snapshots", "everything"],
  },
  {
    name: "manifest-captured-late",
    about: "The manifest is of the last slice's turn, the rows of the first one's.",
    edits: [
      {
        file: files.snapshotCheckpoints,
        find: "    log.saveSnapshot(snapshot);\n    machine.checkpoints.finish();\n",
        replace: [
          "    machine.checkpoints.cancel();",
          "    const late = machine.checkpoints.freeze();",
          "    machine.checkpoints.cancel();",
          "    log.saveSnapshot({ ...snapshot, data: late });",
          "",
        ],
      },
    ],
    profiles: ["snapshots", "everything"],
  },
  {
    name: "snapshot-of-a-later-index",
    about: "A snapshot's index is that of the turn which records it, its state an older one.",
    edits: [
      {
        file: files.snapshotCheckpoints,
        find: "    log.saveSnapshot(snapshot);\n",
        replace: [
          "    const { appliedIndex, appliedTerm } = machine;",
          "    const later = { index: appliedIndex, term: appliedTerm };",
          "    log.saveSnapshot({ ...snapshot, metadata: { ...snapshot.metadata, ...later } });",
          "",
        ],
      },
    ],
    profiles: ["snapshots", "everything"],
  },
  {
    name: "missing-rows-accepted",
    about: "A transfer that lacks rows is taken for complete.",
    edits: [
      {
        file: files.exporter,
        find: "if (bytes >= maxBytes || ++looks >= maxLooks) {",
        replace: "if (bytes >= maxBytes || ++looks >= maxLooks) {\n          rows.pop();",
      },
      {
        file: files.staging,
        find: "if (sent.equals(received)) return true;",
        replace: "if (sent !== undefined) return true;",
      },
      {
        file: files.staging,
        find: "if (!staged.equals(wanted)) {",
        replace: "if (staged === undefined) {",
      },
    ],
    profiles: ["snapshots", "everything"],
  },
  {
    name: "compaction-beyond-a-snapshot",
    about: "Rows go that a retained snapshot, or one under way, still needs.",
    edits: [
      ...constantCompactions,
      {
        file: files.snapshots,
        find: "machine.checkpoints.oldestRetainedCompaction = oldest;",
        replace: "machine.checkpoints.oldestRetainedCompaction = Number.POSITIVE_INFINITY;",
      },
    ],
    profiles: ["snapshots", "everything"],
  },
  {
    name: "compaction-beyond-a-hold",
    about: "Rows go that a long answer is being read from, and it is read on all the same.",
    edits: [
      ...constantCompactions,
      {
        file: files.checkpoints,
        find: "Math.min(this.oldestRetainedCompaction, holds.oldest)",
        replace: "this.oldestRetainedCompaction",
      },
      {
        file: files.reader,
        find: "revision >= readableFrom &&",
        replace: "revision >= Math.min(0, readableFrom) &&",
      },
    ],
    profiles: ["snapshots", "everything"],
  },
  {
    name: "tables-switched-though-refused",
    about: "The staged rows become the state although raft refused the MsgSnap.",
    edits: [
      ...eagerSnapshots,
      ...everySnapshotIsStepped,
      {
        file: files.receiver,
        find: "if (!installed) this.#core.machine.transfers.dropStaging();",
        replace: [
          "const { snapshot } = message;",
          "    if (!installed && snapshot) this.#core.machine.install(snapshot.data);",
        ],
      },
    ],
    profiles: ["snapshots", "everything"],
  },
  {
    name: "replay-reads-newer-rows",
    about: "Applying reads the newest row of the base, not the one of the state's revision.",
    edits: [
      {
        file: files.persistedCache,
        find: "this.#base.get(key, persistedRevision);",
        replace: "this.#base.get(key, persistedRevision + 2 ** 40);",
      },
    ],
    profiles: ["snapshots", "crashes"],
  },
];
