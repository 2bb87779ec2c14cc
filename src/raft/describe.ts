/**
 * etcd's texts for Readys, messages and entries, so that traces of both can be compared line by
 * line. Source: etcd's util.go.
 */
import { DecodeError, decodeConfChange, decodeConfChangeV2 } from "../proto/codec.ts";
import {
  type ConfState,
  type Entry,
  EntryType,
  type HardState,
  type Message,
  MessageType,
  type Snapshot,
} from "../proto/raftpb.ts";
import { confChangeAsV2, confChangesToText } from "./confchange/v2.ts";
import { quote } from "./quote.ts";
import { describeTarget } from "./target.ts";

/** Formats an entry's data. Without one it is quoted as Go's %q does. */
export type EntryFormatter = (data: Uint8Array) => string;

/** The described fields of a Ready. */
export interface ReadyParts {
  readonly softState?: { readonly lead: number; readonly raftState: string } | undefined;
  readonly hardState?: HardState | undefined;
  readonly readStates: readonly { readonly index: number; readonly requestCtx: Uint8Array }[];
  readonly entries: readonly Entry[];
  readonly snapshot?: Snapshot | undefined;
  readonly committedEntries: readonly Entry[];
  readonly messages: readonly Message[];
  readonly mustSync: boolean;
}

const messageTypeNames = namesOf(MessageType);
const entryTypeNames = namesOf(EntryType);

function namesOf(values: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(values).map(([name, value]) => [value, name]));
}

/** `MsgApp`; the number for an unknown type. */
export function messageTypeName(type: MessageType): string {
  return messageTypeNames.get(type) ?? String(type);
}

/** `EntryNormal`; the number for an unknown type. */
export function entryTypeName(type: EntryType): string {
  return entryTypeNames.get(type) ?? String(type);
}

export function describeHardState(state: HardState): string {
  const vote = state.vote === 0 ? "" : ` Vote:${state.vote}`;
  return `Term:${state.term}${vote} Commit:${state.commit}`;
}

export function describeSoftState(state: { lead: number; raftState: string }): string {
  return `Lead:${state.lead} State:${state.raftState}`;
}

export function describeConfState(state: ConfState): string {
  return (
    `Voters:${list(state.voters)} VotersOutgoing:${list(state.votersOutgoing)} ` +
    `Learners:${list(state.learners)} LearnersNext:${list(state.learnersNext)} ` +
    `AutoLeave:${state.autoLeave}`
  );
}

export function describeSnapshot({ metadata }: Snapshot): string {
  const { index, term, confState } = metadata;
  return `Index:${index} Term:${term} ConfState:${describeConfState(confState)}`;
}

/**
 * A Ready in several lines, each with a final newline; `<empty Ready>` without one if it is empty.
 */
export function describeReady(ready: ReadyParts, format?: EntryFormatter): string {
  const { softState, hardState, readStates, entries, snapshot } = ready;
  let text = "";
  if (softState !== undefined) text += `${describeSoftState(softState)}\n`;
  if (hardState !== undefined && !isEmptyHardState(hardState)) {
    text += `HardState ${describeHardState(hardState)}\n`;
  }
  if (readStates.length > 0) {
    const states = readStates.map((read) => `{${read.index} ${list(read.requestCtx)}}`);
    text += `ReadStates [${states.join(" ")}]\n`;
  }
  if (entries.length > 0) text += `Entries:\n${describeEntries(entries, format)}`;
  if (snapshot !== undefined && !isEmptySnapshot(snapshot)) {
    text += `Snapshot ${describeSnapshot(snapshot)}\n`;
  }
  if (ready.committedEntries.length > 0) {
    text += `CommittedEntries:\n${describeEntries(ready.committedEntries, format)}`;
  }
  if (ready.messages.length > 0) {
    text += "Messages:\n";
    for (const message of ready.messages) text += `${describeMessage(message, format)}\n`;
  }
  return text === "" ? "<empty Ready>" : `Ready MustSync=${ready.mustSync}:\n${text}`;
}

/** A message without a final newline; in several lines if it carries several things. */
export function describeMessage(message: Message, format?: EntryFormatter, indent = ""): string {
  const { entries, snapshot, responses } = message;
  const route = `${describeTarget(message.from)}->${describeTarget(message.to)}`;
  let text = `${indent}${route} ${messageTypeName(message.type)} Term:${message.term}`;
  text += ` Log:${message.logTerm}/${message.index}`;
  if (message.reject) text += ` Rejected (Hint: ${message.rejectHint})`;
  if (message.commit !== 0) text += ` Commit:${message.commit}`;
  if (message.vote !== 0) text += ` Vote:${message.vote}`;
  const [first] = entries;
  if (first !== undefined && entries.length === 1) {
    text += ` Entries:[${describeEntry(first, format)}]`;
  } else if (entries.length > 1) {
    const lines = entries.map((entry) => `\n${indent}  ${describeEntry(entry, format)}`);
    text += ` Entries:[${lines.join("")}\n${indent}]`;
  }
  if (snapshot !== undefined && !isEmptySnapshot(snapshot)) {
    text += `\n${indent}  Snapshot: ${describeSnapshot(snapshot)}`;
  }
  if (responses.length > 0) {
    const lines = responses.map((each) => `\n${describeMessage(each, format, `${indent}  `)}`);
    text += ` Responses:[${lines.join("")}\n${indent}]`;
  }
  return text;
}

/** `1/3 EntryNormal "data"`: term, index, type, content. */
export function describeEntry(entry: Entry, format: EntryFormatter = quote): string {
  const content = describeContent(entry, format);
  const end = content === "" ? "" : ` ${content}`;
  return `${entry.term}/${entry.index} ${entryTypeName(entry.type)}${end}`;
}

/** One line an entry, each with a final newline. */
export function describeEntries(entries: readonly Entry[], format?: EntryFormatter): string {
  return entries.map((entry) => `${describeEntry(entry, format)}\n`).join("");
}

function describeContent({ type, data }: Entry, format: EntryFormatter): string {
  if (type === EntryType.EntryNormal) return format(data);
  try {
    const v1 = type === EntryType.EntryConfChange;
    const change = v1 ? confChangeAsV2(decodeConfChange(data)) : decodeConfChangeV2(data);
    return confChangesToText(change.changes);
  } catch (error) {
    // Broken entries must be described as well.
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

/** As Go prints a list of numbers: `[1 2]`. */
function list(numbers: readonly number[] | Uint8Array): string {
  return `[${numbers.join(" ")}]`;
}

function isEmptyHardState({ term, vote, commit }: HardState): boolean {
  return term === 0 && vote === 0 && commit === 0;
}

function isEmptySnapshot({ metadata }: Snapshot): boolean {
  return metadata.index === 0;
}
