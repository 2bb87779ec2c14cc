import { files } from "./files.ts";
import type { Mutant } from "./mutant.ts";

/** Known-bad variants of the replicated state machine and its watches. */
export const kvMutants: readonly Mutant[] = [
  {
    name: "revision-reused",
    about: "An entry that only deletes does not use its revision up.",
    edits: [
      {
        file: files.store,
        find: "    this.#revision = revision;\n    return events;",
        replace: [
          "    if (changes.some(({ kv }) => !isTombstone(kv))) this.#revision = revision;",
          "    return events;",
        ],
      },
    ],
    profiles: ["calm"],
  },
  {
    name: "request-ids-shared",
    about: "Request ids are told apart by one byte of them.",
    edits: [
      {
        file: files.window,
        find: "const found = this.#requests.get(byteString(requestId));",
        replace: "const found = this.#requests.get(byteString(requestId.subarray(0, 1)));",
      },
      {
        file: files.window,
        find: "this.#add(byteString(requestId), { index, outcome });",
        replace: "this.#add(byteString(requestId.subarray(0, 1)), { index, outcome });",
      },
    ],
    profiles: ["calm"],
  },
  {
    name: "retry-applied-again",
    about: "A retry is applied like a new request.",
    edits: [
      {
        file: files.window,
        find: "if (found !== undefined) return found;",
        replace: "if (found !== undefined && index < 0) return found;",
      },
    ],
    profiles: ["lossy"],
  },
  {
    name: "request-ids-lost-at-a-snapshot",
    about: "A state that is restored from a manifest remembers no request.",
    edits: [
      {
        file: files.window,
        find: "this.#add(byteString(requestId), { index, outcome: { ...own, branches } });",
        replace: "void [requestId, index, branches];",
      },
    ],
    profiles: ["snapshots", "deploys"],
  },
  {
    name: "watch-goes-on-too-late",
    about: "A watch that catches up leaves out the revision after a slice.",
    edits: [
      {
        file: files.hub,
        find: "watcher.next = through + 1;",
        replace: "watcher.next = through + 2;",
      },
    ],
    profiles: ["calm", "crashes"],
  },
  {
    name: "watch-postponed-past-its-entry",
    about: "A watch that an entry finds busy goes on after it, not with it.",
    edits: [
      {
        file: files.hub,
        find: "watcher.next = Math.max(watcher.next, first);",
        replace: "watcher.next = Math.max(watcher.next, first + 1);",
      },
    ],
    profiles: ["calm", "crashes"],
  },
  {
    name: "watch-begins-too-late",
    about: "A watch that is resumed begins one revision later than asked.",
    edits: [
      {
        file: files.stream,
        find: "this.#host.revision + 1 : request.startRevision;",
        replace: "this.#host.revision + 1 : request.startRevision + 1;",
      },
    ],
    profiles: ["calm"],
  },
  {
    name: "watch-deaf-after-an-installation",
    about: "Watchers are not told that a snapshot took the state ahead.",
    edits: [
      {
        file: files.hub,
        find: 'if (watcher.next <= revision) this.#move(watcher, "behind");',
        replace: "watcher.next = revision + 1;",
      },
    ],
    profiles: ["snapshots", "everything"],
  },
  {
    name: "fingerprint-forgets-deletions",
    about: "What is deleted stays in the fingerprint.",
    edits: [
      {
        file: files.store,
        find: "      this.#fingerprint.removeKey(prev);\n",
        replace: "      if (!deleted) this.#fingerprint.removeKey(prev);\n",
      },
    ],
    profiles: ["calm", "snapshots"],
  },
  {
    name: "swap-without-looking",
    about: "A transaction's compares on mod revisions always hold.",
    edits: [
      {
        file: files.compare,
        find: "return (kv?.modRevision ?? 0) - (compare.modRevision ?? 0);",
        replace: "return 0;",
      },
    ],
    profiles: ["calm"],
  },
  {
    name: "walk-not-charged",
    about: "A request is not charged for the keys that it walks past.",
    edits: [
      {
        file: files.view,
        find: "      if (lives || versions > 0) this.#work.chargeKey(cost.walk, key.length);\n",
        replace: "",
      },
    ],
    profiles: [],
    test: files.workTest,
  },
  {
    name: "own-changes-walked-for-nothing",
    about: "A transaction is not charged for walking over what it changed itself.",
    edits: [
      {
        file: files.view,
        find: ["    for (const [key, { kv }] of own) {", "      this.#work.charge(cost.ownWalk);"],
        replace: "    for (const [key, { kv }] of own) {",
      },
    ],
    profiles: [],
    test: files.workTest,
  },
  {
    name: "charged-by-where-values-are",
    about: "A value is charged where it is in memory, and not where it is on disk.",
    edits: [
      {
        file: files.range,
        find: "    if (!request.keysOnly) page.work.chargeValue(valueBytesOf(kv));",
        replace: "    if (!request.keysOnly) page.work.chargeValue(heldBytes(kv));",
      },
      {
        file: files.execute,
        find: "    const prevBytes = valueBytesOf(prev);",
        replace: "    const prevBytes = heldBytes(prev);",
      },
      {
        file: files.execute,
        find: 'import { valueBytesOf } from "../store/large-value.ts";',
        replace: 'import { heldBytes, valueBytesOf } from "../store/large-value.ts";',
      },
    ],
    profiles: [],
    test: files.workTest,
  },
];
