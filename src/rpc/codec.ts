/**
 * Codec of rpc.proto, what Workers and members send each other: by hand, since every client's
 * request passes through it twice. A property test compares it with protobufjs' code. Encodes into
 * buffers of its own, since the bytes are cloned on their way. Skips fields that are unknown or of
 * another wire type.
 */
import { GrpcCode } from "../etcd/grpc-code.ts";
import { DecodeError } from "../proto/errors.ts";
import {
  type Bytes,
  encodedAlone,
  putBytes,
  putHead,
  putNested,
  putText,
  putUint,
  textBound,
} from "../proto/put.ts";
import { noBytes } from "../proto/raftpb.ts";
import { Reader, skipUnknown } from "../proto/reader.ts";
import { checkIdLength } from "./id64.ts";
import {
  type Answer,
  type Consistency,
  type ErrorFields,
  type Header,
  type Login,
  type ProposeRequest,
  type QueryRequest,
  rpcFormat,
} from "./messages.ts";

const consistencies: readonly Consistency[] = ["linearizable", "serializable", "leader"];
const kinds: readonly Answer["kind"][] = ["ok", "error", "redirect", "unknown"];
const codes: readonly GrpcCode[] = Object.values(GrpcCode);

/** More than the tags, lengths and numbers of any message here take. */
const overhead = 128;

const reader = new Reader();

export function encodeProposeRequest(propose: ProposeRequest): Uint8Array {
  const bound = overhead + propose.request.length + textBound(propose.token);
  return encodedAlone(bound, putPropose, propose);
}

function putPropose(out: Bytes, at: number, propose: ProposeRequest): number {
  at = putUint(out, at, 0x08, rpcFormat);
  at = putAny(out, at, 0x12, propose.request);
  at = putAnyText(out, at, 0x1a, propose.token);
  at = putUint(out, at, 0x20, propose.timeoutMs >>> 0);
  at = putUint(out, at, 0x28, propose.stranger ? 1 : 0);
  at = putUint(out, at, 0x30, propose.attempt ?? 0);
  return putUint(out, at, 0x38, (propose.room ?? 0) >>> 0);
}

/** @throws DecodeError for invalid bytes, or a request of a newer format. */
export function decodeProposeRequest(bytes: Uint8Array): ProposeRequest {
  return reader.readAll(bytes, readPropose);
}

function readPropose(reader: Reader): ProposeRequest {
  let [format, timeoutMs, attempt, room] = [0, 0, 0, 0];
  let [request, token, stranger] = [noBytes, "", false];
  while (reader.at < reader.end) {
    const tag = reader.uint();
    if (tag === 0x08) format = reader.uint32();
    else if (tag === 0x12) request = reader.bytes();
    else if (tag === 0x1a) token = reader.text();
    else if (tag === 0x20) timeoutMs = reader.uint32();
    else if (tag === 0x28) stranger = reader.bool();
    else if (tag === 0x30) attempt = reader.uint();
    else if (tag === 0x38) room = reader.uint32();
    else skipOther(reader, tag);
  }
  checkFormat(format);
  return {
    ...{ request, token, timeoutMs },
    ...(stranger ? { stranger } : {}),
    ...(attempt === 0 ? {} : { attempt }),
    ...(room === 0 ? {} : { room }),
  };
}

export function encodeQueryRequest(query: QueryRequest): Uint8Array {
  const { token, login } = query;
  let bound = overhead + query.query.length + textBound(token);
  if (login !== undefined) bound += overhead + textBound(login.user) + textBound(login.source);
  return encodedAlone(bound, putQuery, query);
}

function putQuery(out: Bytes, at: number, query: QueryRequest): number {
  at = putUint(out, at, 0x08, rpcFormat);
  at = putAny(out, at, 0x12, query.query);
  at = putAnyText(out, at, 0x1a, query.token);
  at = putUint(out, at, 0x20, query.timeoutMs >>> 0);
  at = putUint(out, at, 0x28, consistencies.indexOf(query.consistency));
  at = putUint(out, at, 0x30, query.stranger ? 1 : 0);
  if (query.login !== undefined) {
    at = putNested(out, at, 0x3a, putLogin, query.login);
  }
  return putUint(out, at, 0x40, (query.room ?? 0) >>> 0);
}

function putLogin(out: Bytes, at: number, login: Login): number {
  at = putUint(out, at, 0x08, login.attempt);
  at = putAnyText(out, at, 0x12, login.user);
  return putAnyText(out, at, 0x1a, login.source);
}

/** @throws DecodeError for invalid bytes, or a request of a newer format. */
export function decodeQueryRequest(bytes: Uint8Array): QueryRequest {
  return reader.readAll(bytes, readQuery);
}

function readQuery(reader: Reader): QueryRequest {
  let [format, timeoutMs, place, room] = [0, 0, 0, 0];
  let [query, token, stranger] = [noBytes, "", false];
  let login: Login | undefined;
  while (reader.at < reader.end) {
    const tag = reader.uint();
    if (tag === 0x08) format = reader.uint32();
    else if (tag === 0x12) query = reader.bytes();
    else if (tag === 0x1a) token = reader.text();
    else if (tag === 0x20) timeoutMs = reader.uint32();
    else if (tag === 0x28) place = reader.uint32();
    else if (tag === 0x30) stranger = reader.bool();
    else if (tag === 0x3a) login = reader.nested(readLogin);
    else if (tag === 0x40) room = reader.uint32();
    else skipOther(reader, tag);
  }
  checkFormat(format);
  const consistency = consistencies[place];
  if (consistency === undefined) throw new DecodeError(`consistency ${place}`);
  return {
    ...{ query, token, timeoutMs, consistency },
    ...(stranger ? { stranger } : {}),
    ...(login === undefined ? {} : { login }),
    ...(room === 0 ? {} : { room }),
  };
}

function readLogin(reader: Reader): Login {
  let [attempt, user, source] = [0, "", ""];
  while (reader.at < reader.end) {
    const tag = reader.uint();
    if (tag === 0x08) attempt = reader.uint();
    else if (tag === 0x12) user = reader.text();
    else if (tag === 0x1a) source = reader.text();
    else skipOther(reader, tag);
  }
  return { attempt, user, source };
}

export function encodeAnswer(answer: Answer): Uint8Array {
  let bound = overhead;
  if (answer.kind === "ok") bound += answer.response.length;
  else if (answer.kind !== "redirect") bound += textBound(answer.message);
  return encodedAlone(bound, putAnswer, answer);
}

function putAnswer(out: Bytes, at: number, answer: Answer): number {
  at = putNested(out, at, 0x0a, putHeader, answer.header);
  at = putUint(out, at, 0x10, kinds.indexOf(answer.kind));
  if (answer.kind === "redirect") return at;
  if (answer.kind === "ok") return putAny(out, at, 0x1a, answer.response);
  at = putUint(out, at, 0x20, answer.code);
  at = putAnyText(out, at, 0x2a, answer.message);
  at = putUint(out, at, 0x30, answer.kind === "error" && answer.settled === true ? 1 : 0);
  return putUint(out, at, 0x38, answer.number ?? 0);
}

function putHeader(out: Bytes, at: number, header: Header): number {
  at = putHead(out, at, 0x0a, 8);
  at = putWord(out, at, Number(header.clusterId >> 32n));
  at = putWord(out, at, Number(header.clusterId & 0xffffffffn));
  at = putUint(out, at, 0x10, header.memberId);
  at = putUint(out, at, 0x18, header.revision);
  at = putUint(out, at, 0x20, header.raftTerm);
  at = putUint(out, at, 0x28, header.appliedIndex);
  return putUint(out, at, 0x30, header.leader);
}

/** @throws DecodeError */
export function decodeAnswer(bytes: Uint8Array): Answer {
  return reader.readAll(bytes, readAnswer);
}

function readAnswer(reader: Reader): Answer {
  let header: Header | undefined;
  let [kind, code, message, number] = [0, 0, "", 0];
  let [response, settled] = [noBytes, false];
  while (reader.at < reader.end) {
    const tag = reader.uint();
    if (tag === 0x0a) header = reader.nested(readHeader);
    else if (tag === 0x10) kind = reader.uint32();
    else if (tag === 0x1a) response = reader.bytes();
    else if (tag === 0x20) code = reader.uint32();
    else if (tag === 0x2a) message = reader.text();
    else if (tag === 0x30) settled = reader.bool();
    else if (tag === 0x38) number = reader.uint32();
    else skipOther(reader, tag);
  }
  if (header === undefined) throw new DecodeError("an answer has a header");
  switch (kinds[kind]) {
    case "ok":
      return { kind: "ok", header, response };
    case "redirect":
      return { kind: "redirect", header };
    case "error": {
      const error = { kind: "error", header, ...errorFields(code, message, number) } as const;
      return settled ? { ...error, settled } : error;
    }
    case "unknown":
      return { kind: "unknown", header, ...errorFields(code, message, number) };
    default:
      throw new DecodeError(`answer of kind ${kind}`);
  }
}

function errorFields(code: number, message: string, number: number): ErrorFields {
  const fields = { code: grpcCode(code), message };
  return number === 0 ? fields : { ...fields, number };
}

function readHeader(reader: Reader): Header {
  let clusterId = 0n;
  let [memberId, revision, raftTerm, appliedIndex, leader] = [0, 0, 0, 0, 0];
  while (reader.at < reader.end) {
    const tag = reader.uint();
    if (tag === 0x0a) clusterId = readClusterId(reader);
    else if (tag === 0x10) memberId = reader.uint();
    else if (tag === 0x18) revision = reader.uint();
    else if (tag === 0x20) raftTerm = reader.uint();
    else if (tag === 0x28) appliedIndex = reader.uint();
    else if (tag === 0x30) leader = reader.uint();
    else skipOther(reader, tag);
  }
  return { clusterId, memberId, revision, raftTerm, appliedIndex, leader };
}

function readClusterId(reader: Reader): bigint {
  const length = reader.length();
  if (length === 0) return 0n;
  checkIdLength(length);
  const high = BigInt(reader.word());
  return (high << 32n) | BigInt(reader.word());
}

/** Writes a bytes field; nothing if it is empty. */
function putAny(out: Bytes, at: number, tag: number, bytes: Uint8Array): number {
  return bytes.length === 0 ? at : putBytes(out, at, tag, bytes);
}

function putAnyText(out: Bytes, at: number, tag: number, text: string): number {
  return text === "" ? at : putText(out, at, tag, text);
}

/** Writes four bytes, big-endian. */
function putWord(out: Bytes, at: number, word: number): number {
  for (let shift = 24; shift >= 0; shift -= 8) out[at++] = word >>> shift;
  return at;
}

/** Skips a field that is unknown or of another wire type. */
function skipOther(reader: Reader, tag: number): void {
  if (tag > 0xffffffff) throw new DecodeError(`no field has tag ${tag}`);
  skipUnknown(reader, tag, 0);
}

function checkFormat(format: number): void {
  if (format < 1 || format > rpcFormat) {
    throw new DecodeError(`request of format ${format}; this member knows 1 to ${rpcFormat}`);
  }
}

function grpcCode(code: number): GrpcCode {
  const known = codes.find((c) => c === code);
  if (known === undefined) throw new DecodeError(`no gRPC code: ${code}`);
  return known;
}
