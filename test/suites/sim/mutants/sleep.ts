import { files } from "./files.ts";
import type { Edit, Mutant, Text } from "./mutant.ts";

/** Known-bad variants of sleep: what a term that outlives its leader's memory must not lose. */

const edit = (file: string, find: Text, replace: Text): Edit => ({ file, find, replace });

/** One that a scenario finds: what it takes hardly ever comes by chance. */
function staged(name: string, about: string, test: string, ...edits: readonly Edit[]): Mutant {
  return { name, about, edits, profiles: ["naps"], test };
}

const holds = "const beyond = (message.entries.at(-1)?.index ?? 0) > record.index;";

const entries: readonly Mutant[] = [
  staged(
    "sleeper-sends-early",
    "A leader that woke sends an entry beside its row, which its next life makes anew.",
    files.livesTest,
    edit(files.turn, holds, "const beyond = message.entries.length < 0;"),
  ),
  staged(
    "sleep-record-of-an-older-row",
    "A sleep record is in force although another row followed it.",
    files.walTest,
    edit(
      files.walReader,
      "    before = row;\n",
      "    before = row.sleep ? row : { ...row, sleep: before?.sleep };\n",
    ),
  ),
  staged(
    "entries-beside-a-sleep-record",
    "A row with entries repeats the sleep record.",
    files.rowTest,
    edit(
      files.walRow,
      "if (sleep && entries.length > 0) throw",
      "if (sleep && entries.length < 0) throw",
    ),
  ),
  staged(
    "sleep-record-outlives-an-entry",
    "The WAL believes in its sleep record after it has written entries.",
    files.walTest,
    edit(
      files.wal,
      "    this.#sleep = contents.sleep;\n",
      "    this.#sleep = contents.sleep ?? this.#sleep;\n",
    ),
  ),
];

/** The text of a condition of take-up.ts, and what is left without it. */
const conditions: Readonly<Record<string, readonly [find: string, replace: string]>> = {
  snapshots: ["setAside === 0]", "setAside >= 0]"],
  term: ["record.term === hardState.term]", "record.term > 0]"],
  "last-term": ["record.term === lastTerm]", "record.term > 0]"],
  "last-index": ["record.index === lastIndex]", "record.index > 0]"],
  commit: ["record.index === hardState.commit]", "record.index > 0]"],
  vote: ["hardState.vote === self]", "self > 0]"],
  applied: ["record.index === appliedIndex]", "record.index > 0]"],
  voter: ["confState.voters.includes(self)]", "self > 0]"],
  joint: ["confState.votersOutgoing.length === 0]", "confState.votersOutgoing.length >= 0]"],
};

const takeUps = Object.entries(conditions).map(([name, [find, replace]]) =>
  staged(
    `taken-up-whatever-the-${name}`,
    "A start takes a sleep record up although one of the conditions does not hold.",
    files.takeUpTest,
    edit(files.takeUp, `=> ${find}`, `=> ${replace}`),
  ),
);

const lives: readonly Mutant[] = [
  staged(
    "longer-log-not-noticed",
    "A leader takes the word of voters that have more of its term than itself.",
    files.livesTest,
    edit(
      files.validate,
      "function checkReadAck(raft: Raft, m: Message): void {\n",
      "function checkReadAck(raft: Raft, { ...m }: Message): void {\n  m.index = 0;\n",
    ),
  ),
  staged(
    "longer-log-not-said",
    "Voters do not say in a read round how far their log goes.",
    files.livesTest,
    edit(
      files.heartbeat,
      "    response.index = raft.log.lastIndex();\n",
      "    response.index = 0;\n",
    ),
  ),
  staged(
    "storage-that-went-back-goes-on",
    "A leader that is told of entries of its term which it lacks goes on.",
    files.livesTest,
    edit(files.validate, "function refuse(m: Message, why: string, lostLog = false): never {\n", [
      "function refuse(m: Message, why: string, lost = false): never {",
      "  const lostLog = !lost && lost;",
      "",
    ]),
    edit(
      files.agreement,
      "if (!more || !raft.role.leads) continue;",
      "if (!more || raft.role.leads) continue;",
    ),
  ),
  staged(
    "renewal-not-recorded",
    "A renewal is answered while an older sleep record is in force.",
    files.sleepTest,
    edit(
      files.sleep,
      "if (renewed !== this.#renewed && storage.sleepRecord !== undefined) {",
      "if (renewed < this.#renewed && storage.sleepRecord !== undefined) {",
    ),
  ),
  staged(
    "deposed-sleeper-renews",
    "A leader renews leases without asking whether it still leads.",
    files.livesTest,
    edit(
      files.clients,
      '    if (consistency === "serializable") read();\n',
      '    if (consistency === "serializable" || (needsLeader && role.leads)) read();\n',
    ),
  ),
];

const times: readonly Mutant[] = [
  staged(
    "clocks-trusted",
    "Nothing is held back for clocks of two lives that differ.",
    files.sleepTest,
    edit(files.leaseTime, "const clockDifferenceMs = 1_000;", "const clockDifferenceMs = 0;"),
  ),
  staged(
    "full-time-after-a-sleep",
    "A life that leads on gives leases their full time again.",
    files.sleepTest,
    edit(files.sleep, "    machine.leases.resume(this.#parts.leaseTime.nowMs, leases);\n", ""),
  ),
  staged(
    "time-asleep-not-told",
    "The time of leases stands still while their leader sleeps.",
    files.sleepTest,
    edit(
      files.sleep,
      "this.#parts.leaseTime.slept(Math.max(0, nowMs - this.#toldMs));",
      "this.#parts.leaseTime.slept(0);",
    ),
  ),
];

const agreements: readonly Mutant[] = [
  staged(
    "commit-not-compared",
    "A member agrees to sleep although it does not know what is committed.",
    files.livesTest,
    edit(files.sleep, " && question.index === index;", ";"),
  ),
  staged(
    "anybody-may-ask",
    "A member agrees to sleep whoever asks.",
    files.livesTest,
    edit(files.sleep, "this.#raft.role.lead === from && from", "from > 0 && from"),
  ),
  staged(
    "absent-member-forgotten",
    "A member that was missed is not looked for.",
    files.sleepTest,
    edit(files.alarmClock, "    this.#absent = absent;\n", ""),
  ),
  staged(
    "no-patience",
    "A cluster sleeps as soon as a quorum agrees.",
    files.sleepTest,
    edit(files.agreement, " && waitedMs >= patienceMs;", ";"),
  ),
  staged(
    "sockets-left-open",
    "A member that sleeps keeps its sockets, and the timers of their acknowledgements.",
    files.sleepTest,
    edit(files.sleep, '    transport.close(0, "asleep");\n', ""),
  ),
  staged(
    "call-left-under-way",
    "A member sleeps while it waits for the answer to a call.",
    files.livesTest,
    edit(files.sleep, "this.#core.calls.underWay > 0", "this.#core.calls.underWay < 0"),
  ),
  staged(
    "status-starts-the-ticker",
    "A look at the status wakes a member.",
    files.sleepTest,
    edit(
      files.ticker,
      "    if (this.#resting) return;\n    if (this.#chain",
      "    if (this.#chain",
    ),
  ),
  staged(
    "answers-wake",
    "Late answers wake who sleeps, and so everybody, for ever.",
    files.wakersTest,
    edit(files.wakers, "if (isResponseMsg(type)) return false;", ""),
  ),
  staged(
    "last-heartbeats-wake",
    "The heartbeats of a leader that is about to sleep wake who has agreed.",
    files.wakersTest,
    edit(files.wakers, "const settlingMs = 1_000;", "const settlingMs = 0;"),
  ),
  staged(
    "new-entries-do-not-wake",
    "Entries that a member lacks do not wake it.",
    files.wakersTest,
    edit(files.wakers, " || last > index;", ";"),
  ),
];

const wakings: readonly Mutant[] = [
  staged(
    "start-serves-before-it-asks",
    "A member that starts alone serves what it knew to be committed.",
    files.sleepTest,
    edit(
      files.sleep,
      "    else askStand(this.#core, this.#raft, (stand) => this.#learn(stand));\n",
      "    else this.#endStart();\n",
    ),
  ),
  staged(
    "start-serves-once-it-is-woken",
    "A member that is woken as it starts serves before it knows what is committed.",
    files.sleepTest,
    edit(
      files.sleep,
      "    if (this.#started !== undefined || agreed === undefined) {\n",
      "    if (this.#started !== undefined) this.#endStart();\n    if (agreed === undefined) {\n",
    ),
  ),
  staged(
    "configuration-forgotten-asleep",
    "A member sleeps without having stored that a change of the configuration is committed.",
    files.livesTest,
    edit(
      files.sleep,
      "    if (storage.storedCommit < this.#reconfiguredAt) storage.fence();\n",
      "    if (storage.storedCommit < 0) storage.fence();\n",
    ),
  ),
  staged(
    "dead-leader-not-forgotten",
    "Members that are woken by a candidate keep faith with the leader that is gone.",
    files.sleepTest,
    edit(
      files.sleep,
      "if (asked && !this.#raft.role.leads) this.#raft.node.forgetLeader();",
      "if (!asked && !this.#raft.role.leads) this.#raft.node.forgetLeader();",
    ),
    edit(
      files.waking,
      "if (this.#called && this.#raft.role.lead === leader) this.#raft.node.forgetLeader();",
      "if (this.#called && this.#raft.role.lead === 0) this.#raft.node.forgetLeader();",
    ),
  ),
];

export const sleepMutants: readonly Mutant[] = [
  ...entries,
  ...takeUps,
  ...lives,
  ...times,
  ...agreements,
  ...wakings,
];
