/**
 * Codec of frame.proto, the messages between members. What every frame and read round needs is
 * written by hand, the rest by tables; property tests compare both with protobufjs' code.
 */
import type { FingerprintMark } from "../../kv/fingerprint/fingerprint-marks.ts";
import { toHex } from "../../proto/bytes.ts";
import { decodeMessage, encodeMessage } from "../../proto/codec.ts";
import { DecodeError } from "../../proto/errors.ts";
import * as framepb from "../../proto/generated/frame.ts";
import {
  type Bytes,
  encoded,
  encodedAlone,
  putBytes,
  putHead,
  putUint,
  putVarint,
} from "../../proto/put.ts";
import type { Message } from "../../proto/raftpb.ts";
import { Reader, skipUnknown } from "../../proto/reader.ts";
import {
  bytesToId64,
  checkIdLength,
  type Id64,
  id64Of,
  id64ToBytes,
  putId64,
} from "../../rpc/id64.ts";

/** The version of frame.proto's messages. A receiver drops a message of a newer version. */
const frameFormat = 1;

/** The sender and receiver of a message; see frame.proto. */
export interface Envelope {
  readonly cluster: Id64;
  readonly from: number;
  readonly fromInstance: Id64;
  readonly to: number;
  readonly toInstance: Id64;
}

export interface Frame {
  readonly envelope: Envelope;
  readonly sequence: number;
  readonly acknowledged: number;
  /** Encoded raftpb.Messages: decoded only after the envelope was accepted. */
  readonly messages: readonly Uint8Array[];
}

/** The most bytes of an envelope, or of a frame without its messages. */
const envelopeBound = 64;
/** The most bytes of a field's tag and length, or tag and number. */
const fieldBound = 12;

export function encodeFrame(frame: Frame): Bytes {
  let bound = envelopeBound + 3 * fieldBound;
  for (const message of frame.messages) bound += fieldBound + message.length;
  return encoded(bound, putFrame, frame);
}

function putFrame(out: Bytes, at: number, frame: Frame): number {
  at = putEnvelope(out, at, frame.envelope);
  at = putUint(out, at, 0x10, frame.sequence);
  at = putUint(out, at, 0x18, frame.acknowledged);
  for (const message of frame.messages) at = putBytes(out, at, 0x22, message);
  return at;
}

/**
 * Writes the envelope as field 1, which it is in every message here. Its length, below 128, is
 * filled in last.
 */
function putEnvelope(out: Bytes, at: number, envelope: Envelope): number {
  const start = putHead(out, at, 0x0a, 0);
  at = putUint(out, start, 0x08, frameFormat);
  at = putId64(out, at, 0x12, envelope.cluster);
  at = putUint(out, at, 0x18, envelope.from);
  at = putId64(out, at, 0x22, envelope.fromInstance);
  at = putUint(out, at, 0x28, envelope.to);
  at = putId64(out, at, 0x32, envelope.toInstance);
  putVarint(out, start - 1, at - start);
  return at;
}

const reader = new Reader();

/** @throws DecodeError for invalid bytes, or a frame of a newer version. */
export function decodeFrame(bytes: Uint8Array): Frame {
  return reader.readAll(bytes, readFrame);
}

function readFrame(reader: Reader): Frame {
  let envelope: Envelope | undefined;
  let [sequence, acknowledged] = [0, 0];
  const messages: Uint8Array[] = [];
  while (reader.at < reader.end) {
    const tag = reader.uint();
    if (tag === 0x0a) envelope = reader.nested(readEnvelope);
    else if (tag === 0x10) sequence = reader.uint();
    else if (tag === 0x18) acknowledged = reader.uint();
    else if (tag === 0x22) messages.push(reader.bytes());
    else skipUnknown(reader, tag, 4);
  }
  return { envelope: known(envelope), sequence, acknowledged, messages };
}

function readEnvelope(reader: Reader): Envelope {
  let [format, from, to] = [0, 0, 0];
  let [cluster, fromInstance, toInstance] = ["", "", ""];
  while (reader.at < reader.end) {
    const tag = reader.uint();
    if (tag === 0x08) format = reader.uint();
    else if (tag === 0x12) cluster = readId(reader);
    else if (tag === 0x18) from = reader.uint();
    else if (tag === 0x22) fromInstance = readId(reader);
    else if (tag === 0x28) to = reader.uint();
    else if (tag === 0x32) toInstance = readId(reader);
    else skipUnknown(reader, tag, 6);
  }
  if (format < 1 || format > frameFormat) refuseFormat(format);
  return { cluster, from, fromInstance, to, toInstance };
}

function readId(reader: Reader): Id64 {
  const length = reader.length();
  if (length === 0) return "";
  checkIdLength(length);
  return id64Of(reader.word(), reader.word());
}

function known(envelope: Envelope | undefined): Envelope {
  return envelope ?? refuseFormat(0);
}

function refuseFormat(format: number): never {
  throw new DecodeError(`frame of format ${format}; this member knows 1 to ${frameFormat}`);
}

export type ChunkRequest = framepb.ChunkRequest;

export type Stand = framepb.Stand;

export interface JoinResponse {
  readonly instance: Id64;
  readonly empty: boolean;
  /** The newest cluster version that the member's code supports. */
  readonly version: number;
}

/** The body of a call: only what its method needs is set. */
export interface Call {
  readonly envelope: Envelope;
  readonly message: Message | undefined;
  readonly chunk: ChunkRequest | undefined;
  readonly join: number | undefined;
  /** "" for none. */
  readonly reason: string;
  readonly sleep: Stand | undefined;
}

export interface CallResponse {
  readonly envelope: Envelope;
  readonly message: Message | undefined;
  /** A kvpb.Chunk with its CRC. */
  readonly chunk: Uint8Array | undefined;
  readonly join: JoinResponse | undefined;
  /** Why the call was refused; "" where it was done. */
  readonly refused: string;
  readonly fingerprints: readonly FingerprintMark[] | undefined;
  readonly sleep: Stand | undefined;
}

export type CallBody = Partial<Omit<Call, "envelope">>;
export type CallResponseBody = Partial<Omit<CallResponse, "envelope">>;

/** The fields of a call or its response, 1 to 7, as written: each with a length. */
interface Fields {
  readonly envelope: Envelope;
  message: Uint8Array | undefined;
  chunk: Uint8Array | undefined;
  join: Uint8Array | undefined;
  /** The reason of a call, or of a response's refusal. */
  refused: Uint8Array | undefined;
  fingerprints: Uint8Array | undefined;
  sleep: Uint8Array | undefined;
}

/**
 * Encodes into an own buffer: a call's body is cloned, and a view may bring its whole buffer along.
 */
function encodeFields(fields: Fields): Uint8Array<ArrayBuffer> {
  const { message, chunk, join, refused, fingerprints, sleep } = fields;
  const all = [message, chunk, join, refused, fingerprints, sleep];
  const bytes = all.reduce((sum, field) => sum + sizeOf(field), 0);
  return encodedAlone(envelopeBound + bytes, putFields, fields);
}

function sizeOf(field: Uint8Array | undefined): number {
  return field === undefined ? 0 : fieldBound + field.length;
}

function putFields(out: Bytes, at: number, fields: Fields): number {
  at = putEnvelope(out, at, fields.envelope);
  if (fields.message !== undefined) at = putBytes(out, at, 0x12, fields.message);
  if (fields.chunk !== undefined) at = putBytes(out, at, 0x1a, fields.chunk);
  if (fields.join !== undefined) at = putBytes(out, at, 0x22, fields.join);
  if (fields.refused !== undefined) at = putBytes(out, at, 0x2a, fields.refused);
  if (fields.fingerprints !== undefined) at = putBytes(out, at, 0x32, fields.fingerprints);
  return fields.sleep === undefined ? at : putBytes(out, at, 0x3a, fields.sleep);
}

function readFields(reader: Reader): Fields {
  let envelope: Envelope | undefined;
  let [message, chunk, join, refused, fingerprints, sleep]: (Uint8Array | undefined)[] = [];
  while (reader.at < reader.end) {
    const tag = reader.uint();
    if (tag === 0x0a) envelope = reader.nested(readEnvelope);
    else if (tag === 0x12) message = reader.bytes();
    else if (tag === 0x1a) chunk = reader.bytes();
    else if (tag === 0x22) join = reader.bytes();
    else if (tag === 0x2a) refused = reader.bytes();
    else if (tag === 0x32) fingerprints = reader.bytes();
    else if (tag === 0x3a) sleep = reader.bytes();
    else skipUnknown(reader, tag, 7);
  }
  return { envelope: known(envelope), message, chunk, join, refused, fingerprints, sleep };
}

export function encodeCall(envelope: Envelope, body: CallBody): Uint8Array<ArrayBuffer> {
  const { message, chunk, join, reason, sleep } = body;
  return encodeFields({
    envelope,
    message: message && encodeMessage(message),
    chunk: chunk && framepb.ChunkRequest.encode(chunk),
    join: join === undefined ? undefined : framepb.JoinRequest.encode({ member: join }),
    refused: reason ? new TextEncoder().encode(reason) : undefined,
    fingerprints: undefined,
    sleep: sleep && framepb.Stand.encode(sleep),
  });
}

/** @throws DecodeError */
export function decodeCall(bytes: Uint8Array): Call {
  const { envelope, message, chunk, join, refused, sleep } = reader.readAll(bytes, readFields);
  return {
    envelope,
    message: hasBytes(message) ? decodeMessage(message) : undefined,
    chunk: chunk && framepb.ChunkRequest.decodeStrict(chunk),
    join: join && framepb.JoinRequest.decodeStrict(join).member,
    reason: refused === undefined ? "" : new TextDecoder().decode(refused),
    sleep: sleep && framepb.Stand.decodeStrict(sleep),
  };
}

export function encodeCallResponse(
  envelope: Envelope,
  body: CallResponseBody,
): Uint8Array<ArrayBuffer> {
  const { message, chunk, join, refused, fingerprints, sleep } = body;
  return encodeFields({
    envelope,
    message: message && encodeMessage(message),
    chunk: hasBytes(chunk) ? chunk : undefined,
    join: join && encodeJoin(join),
    refused: refused ? new TextEncoder().encode(refused) : undefined,
    fingerprints: fingerprints && encodeMarks(fingerprints),
    sleep: sleep && framepb.Stand.encode(sleep),
  });
}

/** @throws DecodeError */
export function decodeCallResponse(bytes: Uint8Array): CallResponse {
  const fields = reader.readAll(bytes, readFields);
  const { envelope, message, chunk, join, refused, fingerprints, sleep } = fields;
  return {
    envelope,
    message: hasBytes(message) ? decodeMessage(message) : undefined,
    chunk: hasBytes(chunk) ? chunk : undefined,
    join: join && readJoin(framepb.JoinResponse.decodeStrict(join)),
    refused: refused === undefined ? "" : new TextDecoder().decode(refused),
    fingerprints: fingerprints && readMarks(framepb.Fingerprints.decodeStrict(fingerprints)),
    sleep: sleep && framepb.Stand.decodeStrict(sleep),
  };
}

function encodeMarks(marks: readonly FingerprintMark[]): Uint8Array {
  const fingerprints = marks.map(({ index, fingerprint }) => {
    return { index, sum: id64ToBytes(fingerprint) };
  });
  return framepb.Fingerprints.encode({ fingerprints });
}

function readMarks({ fingerprints }: framepb.Fingerprints): FingerprintMark[] {
  return fingerprints.map(({ index, sum }) => ({ index, fingerprint: toHex(sum) }));
}

/** Whether a bytes field is set; an empty one counts as absent. */
function hasBytes(field: Uint8Array | undefined): field is Uint8Array {
  return field !== undefined && field.length > 0;
}

function encodeJoin(join: JoinResponse): Uint8Array {
  return framepb.JoinResponse.encode({ ...join, instance: id64ToBytes(join.instance) });
}

function readJoin(join: framepb.JoinResponse): JoinResponse {
  return { ...join, instance: bytesToId64(join.instance) };
}
