import { decodeMessage, encodeMessage } from "../proto/codec.ts";
import { framepb } from "../proto/generated/frame.js";
import type { Message } from "../proto/raftpb.ts";
import { DecodeError, decode, encode } from "../proto/wire.ts";
import { bytesToId64, type Id64, id64ToBytes } from "./ids.ts";

/** The version of the messages in frame.proto. A receiver drops a newer one than it knows. */
const frameFormat = 1;

/** Who speaks to whom; see frame.proto. */
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
  /** raftpb.Message each, still encoded: they are read only when the envelope was accepted. */
  readonly messages: readonly Uint8Array[];
}

export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  return encode(framepb.Frame, {
    envelope: envelopeOf(frame.envelope),
    sequence: frame.sequence,
    acknowledged: frame.acknowledged,
    messages: [...frame.messages],
  });
}

/** @throws DecodeError for what is no frame, or one of a newer format. */
export function decodeFrame(bytes: Uint8Array): Frame {
  const { envelope, sequence, acknowledged, messages } = decode(framepb.Frame, bytes);
  return { envelope: readEnvelope(envelope), sequence, acknowledged, messages };
}

export interface ChunkRequest {
  readonly index: number;
  readonly term: number;
  readonly manifestCrc: number;
  readonly cursor: Uint8Array;
  readonly aboveRevision: number;
}

export interface JoinResponse {
  readonly instance: Id64;
  readonly empty: boolean;
  /** The newest cluster version that the member's code knows. */
  readonly version: number;
}

/** The body of a call: what its method needs is there, the rest is undefined. */
export interface Call {
  readonly envelope: Envelope;
  readonly message: Message | undefined;
  readonly chunk: ChunkRequest | undefined;
  readonly join: number | undefined;
}

export interface CallResponse {
  readonly envelope: Envelope;
  readonly message: Message | undefined;
  /** kvpb.Chunk, with its CRC. */
  readonly chunk: Uint8Array | undefined;
  readonly join: JoinResponse | undefined;
  /** "" where the call was done. */
  readonly refused: string;
}

export type CallBody = Partial<Omit<Call, "envelope">>;
export type CallResponseBody = Partial<Omit<CallResponse, "envelope">>;

export function encodeCall(envelope: Envelope, body: CallBody): Uint8Array<ArrayBuffer> {
  const { message, chunk, join } = body;
  return encode(framepb.Call, {
    envelope: envelopeOf(envelope),
    ...(message === undefined ? {} : { message: encodeMessage(message) }),
    ...(chunk === undefined ? {} : { chunk }),
    ...(join === undefined ? {} : { join: { member: join } }),
  });
}

/** @throws DecodeError */
export function decodeCall(bytes: Uint8Array): Call {
  const { envelope, message, chunk, join } = decode(framepb.Call, bytes);
  return {
    envelope: readEnvelope(envelope),
    message: message.length === 0 ? undefined : decodeMessage(message),
    chunk: chunk ? readChunkRequest(chunk) : undefined,
    join: join ? (join.member ?? 0) : undefined,
  };
}

export function encodeCallResponse(
  envelope: Envelope,
  body: CallResponseBody,
): Uint8Array<ArrayBuffer> {
  const { message, chunk, join, refused } = body;
  return encode(framepb.CallResponse, {
    envelope: envelopeOf(envelope),
    ...(message === undefined ? {} : { message: encodeMessage(message) }),
    ...(chunk === undefined ? {} : { chunk }),
    ...(join === undefined ? {} : { join: { ...join, instance: id64ToBytes(join.instance) } }),
    refused: refused ?? "",
  });
}

/** @throws DecodeError */
export function decodeCallResponse(bytes: Uint8Array): CallResponse {
  const { envelope, message, chunk, join, refused } = decode(framepb.CallResponse, bytes);
  return {
    envelope: readEnvelope(envelope),
    message: message.length === 0 ? undefined : decodeMessage(message),
    chunk: chunk.length === 0 ? undefined : chunk,
    join: join
      ? {
          instance: bytesToId64(join.instance ?? new Uint8Array()),
          empty: join.empty ?? false,
          version: join.version ?? 0,
        }
      : undefined,
    refused,
  };
}

function readChunkRequest(chunk: framepb.ChunkRequest.$Properties): ChunkRequest {
  return {
    index: chunk.index ?? 0,
    term: chunk.term ?? 0,
    manifestCrc: chunk.manifestCrc ?? 0,
    cursor: chunk.cursor ?? new Uint8Array(),
    aboveRevision: chunk.aboveRevision ?? 0,
  };
}

function envelopeOf(envelope: Envelope): framepb.Envelope.$Properties {
  return {
    format: frameFormat,
    cluster: id64ToBytes(envelope.cluster),
    from: envelope.from,
    fromInstance: id64ToBytes(envelope.fromInstance),
    to: envelope.to,
    toInstance: id64ToBytes(envelope.toInstance),
  };
}

function readEnvelope(envelope: framepb.Envelope.$Properties | null | undefined): Envelope {
  const format = envelope?.format ?? 0;
  if (format < 1 || format > frameFormat) {
    throw new DecodeError(`frame of format ${format}; this member knows 1 to ${frameFormat}`);
  }
  const none = new Uint8Array();
  return {
    cluster: bytesToId64(envelope?.cluster ?? none),
    from: envelope?.from ?? 0,
    fromInstance: bytesToId64(envelope?.fromInstance ?? none),
    to: envelope?.to ?? 0,
    toInstance: bytesToId64(envelope?.toInstance ?? none),
  };
}
