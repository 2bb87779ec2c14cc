import { GrpcCode } from "../etcd/grpc-code.ts";
import { rpcpb } from "../proto/generated/rpc.js";
import { DecodeError, decode, encode } from "../proto/wire.ts";
import { bytesToId64, id64ToBigInt, id64ToBytes } from "./id64.ts";
import {
  type Answer,
  type Consistency,
  type Header,
  type Login,
  type ProposeRequest,
  type QueryRequest,
  rpcFormat,
} from "./messages.ts";

const consistencies: readonly Consistency[] = ["linearizable", "serializable", "leader"];
const kinds: readonly Answer["kind"][] = ["ok", "error", "redirect", "unknown"];
const codes: readonly GrpcCode[] = Object.values(GrpcCode);

export function encodeProposeRequest(propose: ProposeRequest): Uint8Array {
  return encode(rpcpb.ProposeRequest, { format: rpcFormat, ...propose });
}

/** @throws DecodeError for what is no request, or one of a newer format. */
export function decodeProposeRequest(bytes: Uint8Array): ProposeRequest {
  const message = decode(rpcpb.ProposeRequest, bytes);
  checkFormat(message.format);
  const { request, token, timeoutMs, stranger, attempt } = message;
  return {
    ...{ request, token, timeoutMs },
    ...(stranger ? { stranger } : {}),
    ...(attempt === 0 ? {} : { attempt }),
  };
}

export function encodeQueryRequest(query: QueryRequest): Uint8Array {
  const consistency = consistencies.indexOf(query.consistency);
  return encode(rpcpb.QueryRequest, { format: rpcFormat, ...query, consistency });
}

/** @throws DecodeError for what is no request, or one of a newer format. */
export function decodeQueryRequest(bytes: Uint8Array): QueryRequest {
  const message = decode(rpcpb.QueryRequest, bytes);
  checkFormat(message.format);
  const consistency = consistencies[message.consistency];
  if (consistency === undefined) throw new DecodeError(`consistency ${message.consistency}`);
  const { query, token, timeoutMs, stranger, login, room } = message;
  return {
    ...{ query, token, timeoutMs, consistency },
    ...(stranger ? { stranger } : {}),
    ...(login === null || login === undefined ? {} : { login: loginOf(login) }),
    ...(room === 0 ? {} : { room }),
  };
}

const loginOf = ({ attempt = 0, user = "", source = "" }: rpcpb.Login.$Properties): Login => ({
  ...{ attempt: attempt ?? 0, user: user ?? "", source: source ?? "" },
});

export function encodeAnswer(answer: Answer): Uint8Array {
  const header = encodeHeader(answer.header);
  const kind = kinds.indexOf(answer.kind);
  switch (answer.kind) {
    case "ok":
      return encode(rpcpb.Answer, { header, kind, response: answer.response });
    case "redirect":
      return encode(rpcpb.Answer, { header, kind });
    default: {
      const { code, message } = answer;
      const settled = answer.kind === "error" && answer.settled === true;
      return encode(rpcpb.Answer, { header, kind, code, message, settled });
    }
  }
}

/** @throws DecodeError */
export function decodeAnswer(bytes: Uint8Array): Answer {
  const { header: head, kind, response, code, message, settled } = decode(rpcpb.Answer, bytes);
  if (head === null || head === undefined) throw new DecodeError("an answer has a header");
  const header = decodeHeader(head);
  switch (kinds[kind]) {
    case "ok":
      return { kind: "ok", header, response };
    case "redirect":
      return { kind: "redirect", header };
    case "error": {
      const error = { kind: "error", header, code: grpcCode(code), message } as const;
      return settled ? { ...error, settled } : error;
    }
    case "unknown":
      return { kind: "unknown", header, code: grpcCode(code), message };
    default:
      throw new DecodeError(`answer of kind ${kind}`);
  }
}

function encodeHeader(header: Header): rpcpb.Header.$Properties {
  const clusterId = id64ToBytes(header.clusterId.toString(16).padStart(16, "0"));
  return { ...header, clusterId };
}

function decodeHeader(header: rpcpb.Header.$Properties): Header {
  return {
    clusterId: id64ToBigInt(bytesToId64(header.clusterId ?? new Uint8Array())),
    memberId: header.memberId ?? 0,
    revision: header.revision ?? 0,
    raftTerm: header.raftTerm ?? 0,
    appliedIndex: header.appliedIndex ?? 0,
    leader: header.leader ?? 0,
  };
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
