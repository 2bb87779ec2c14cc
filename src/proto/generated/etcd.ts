// Generated from etcd.proto by `npm run proto`. Do not edit.
import { field as f, Message, noBytes, noItems } from "../message.ts";

export interface ResponseHeader {
  readonly clusterId: bigint;
  readonly memberId: bigint;
  /** The store's revision after the request. Replies about membership leave it out. */
  readonly revision: number;
  readonly raftTerm: number;
}
export const ResponseHeader: Message<ResponseHeader> = new Message("ResponseHeader", [
  f("cluster_id", "clusterId", 1, "uint64", { wide: true }),
  f("member_id", "memberId", 2, "uint64", { wide: true }),
  f("revision", "revision", 3, "int64"),
  f("raft_term", "raftTerm", 4, "uint64"),
], () => ({
  clusterId: 0n,
  memberId: 0n,
  revision: 0,
  raftTerm: 0,
}));

export interface KeyValue {
  readonly key: Uint8Array;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly value: Uint8Array;
  readonly lease: bigint;
}
export const KeyValue: Message<KeyValue> = new Message("KeyValue", [
  f("key", "key", 1, "bytes"),
  f("create_revision", "createRevision", 2, "int64"),
  f("mod_revision", "modRevision", 3, "int64"),
  f("version", "version", 4, "int64"),
  f("value", "value", 5, "bytes"),
  f("lease", "lease", 6, "int64", { wide: true }),
], () => ({
  key: noBytes,
  createRevision: 0,
  modRevision: 0,
  version: 0,
  value: noBytes,
  lease: 0n,
}));

export const EventType = {
  PUT: 0,
  DELETE: 1,
} as const;

export interface Event {
  readonly type: number;
  readonly kv: KeyValue | undefined;
  readonly prevKv: KeyValue | undefined;
}
export const Event: Message<Event> = new Message("Event", [
  f("type", "type", 1, "enum", { values: EventType }),
  f("kv", "kv", 2, "message", { message: () => KeyValue }),
  f("prev_kv", "prevKv", 3, "message", { message: () => KeyValue }),
], () => ({
  type: 0,
  kv: undefined,
  prevKv: undefined,
}));

export const SortOrder = {
  NONE: 0,
  ASCEND: 1,
  DESCEND: 2,
} as const;

export const SortTarget = {
  KEY: 0,
  VERSION: 1,
  CREATE: 2,
  MOD: 3,
  VALUE: 4,
} as const;

export interface RangeRequest {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  readonly limit: number;
  readonly revision: number;
  readonly sortOrder: number;
  readonly sortTarget: number;
  readonly serializable: boolean;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
  readonly minModRevision: number;
  readonly maxModRevision: number;
  readonly minCreateRevision: number;
  readonly maxCreateRevision: number;
}
export const RangeRequest: Message<RangeRequest> = new Message("RangeRequest", [
  f("key", "key", 1, "bytes"),
  f("range_end", "rangeEnd", 2, "bytes"),
  f("limit", "limit", 3, "int64"),
  f("revision", "revision", 4, "int64"),
  f("sort_order", "sortOrder", 5, "enum", { values: SortOrder }),
  f("sort_target", "sortTarget", 6, "enum", { values: SortTarget }),
  f("serializable", "serializable", 7, "bool"),
  f("keys_only", "keysOnly", 8, "bool"),
  f("count_only", "countOnly", 9, "bool"),
  f("min_mod_revision", "minModRevision", 10, "int64"),
  f("max_mod_revision", "maxModRevision", 11, "int64"),
  f("min_create_revision", "minCreateRevision", 12, "int64"),
  f("max_create_revision", "maxCreateRevision", 13, "int64"),
], () => ({
  key: noBytes,
  rangeEnd: noBytes,
  limit: 0,
  revision: 0,
  sortOrder: 0,
  sortTarget: 0,
  serializable: false,
  keysOnly: false,
  countOnly: false,
  minModRevision: 0,
  maxModRevision: 0,
  minCreateRevision: 0,
  maxCreateRevision: 0,
}));

export interface RangeResponse {
  readonly header: ResponseHeader | undefined;
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
  readonly count: number;
}
export const RangeResponse: Message<RangeResponse> = new Message("RangeResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("kvs", "kvs", 2, "message", { repeated: true, message: () => KeyValue }),
  f("more", "more", 3, "bool"),
  f("count", "count", 4, "int64"),
], () => ({
  header: undefined,
  kvs: noItems,
  more: false,
  count: 0,
}));

export interface PutRequest {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly lease: bigint;
  readonly prevKv: boolean;
  readonly ignoreValue: boolean;
  readonly ignoreLease: boolean;
}
export const PutRequest: Message<PutRequest> = new Message("PutRequest", [
  f("key", "key", 1, "bytes"),
  f("value", "value", 2, "bytes"),
  f("lease", "lease", 3, "int64", { wide: true }),
  f("prev_kv", "prevKv", 4, "bool"),
  f("ignore_value", "ignoreValue", 5, "bool"),
  f("ignore_lease", "ignoreLease", 6, "bool"),
], () => ({
  key: noBytes,
  value: noBytes,
  lease: 0n,
  prevKv: false,
  ignoreValue: false,
  ignoreLease: false,
}));

export interface PutResponse {
  readonly header: ResponseHeader | undefined;
  readonly prevKv: KeyValue | undefined;
}
export const PutResponse: Message<PutResponse> = new Message("PutResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("prev_kv", "prevKv", 2, "message", { message: () => KeyValue }),
], () => ({
  header: undefined,
  prevKv: undefined,
}));

export interface DeleteRangeRequest {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  readonly prevKv: boolean;
}
export const DeleteRangeRequest: Message<DeleteRangeRequest> = new Message("DeleteRangeRequest", [
  f("key", "key", 1, "bytes"),
  f("range_end", "rangeEnd", 2, "bytes"),
  f("prev_kv", "prevKv", 3, "bool"),
], () => ({
  key: noBytes,
  rangeEnd: noBytes,
  prevKv: false,
}));

export interface DeleteRangeResponse {
  readonly header: ResponseHeader | undefined;
  readonly deleted: number;
  readonly prevKvs: readonly KeyValue[];
}
export const DeleteRangeResponse: Message<DeleteRangeResponse> = new Message("DeleteRangeResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("deleted", "deleted", 2, "int64"),
  f("prev_kvs", "prevKvs", 3, "message", { repeated: true, message: () => KeyValue }),
], () => ({
  header: undefined,
  deleted: 0,
  prevKvs: noItems,
}));

export interface RequestOp {
  readonly requestRange: RangeRequest | undefined;
  readonly requestPut: PutRequest | undefined;
  readonly requestDeleteRange: DeleteRangeRequest | undefined;
  readonly requestTxn: TxnRequest | undefined;
}
export const RequestOp: Message<RequestOp> = new Message("RequestOp", [
  f("request_range", "requestRange", 1, "message", { oneof: "request", message: () => RangeRequest }),
  f("request_put", "requestPut", 2, "message", { oneof: "request", message: () => PutRequest }),
  f("request_delete_range", "requestDeleteRange", 3, "message", { oneof: "request", message: () => DeleteRangeRequest }),
  f("request_txn", "requestTxn", 4, "message", { oneof: "request", message: () => TxnRequest }),
], () => ({
  requestRange: undefined,
  requestPut: undefined,
  requestDeleteRange: undefined,
  requestTxn: undefined,
}));

export interface ResponseOp {
  readonly responseRange: RangeResponse | undefined;
  readonly responsePut: PutResponse | undefined;
  readonly responseDeleteRange: DeleteRangeResponse | undefined;
  readonly responseTxn: TxnResponse | undefined;
}
export const ResponseOp: Message<ResponseOp> = new Message("ResponseOp", [
  f("response_range", "responseRange", 1, "message", { oneof: "response", message: () => RangeResponse }),
  f("response_put", "responsePut", 2, "message", { oneof: "response", message: () => PutResponse }),
  f("response_delete_range", "responseDeleteRange", 3, "message", { oneof: "response", message: () => DeleteRangeResponse }),
  f("response_txn", "responseTxn", 4, "message", { oneof: "response", message: () => TxnResponse }),
], () => ({
  responseRange: undefined,
  responsePut: undefined,
  responseDeleteRange: undefined,
  responseTxn: undefined,
}));

export const CompareResult = {
  EQUAL: 0,
  GREATER: 1,
  LESS: 2,
  NOT_EQUAL: 3,
} as const;

export const CompareTarget = {
  VERSION: 0,
  CREATE: 1,
  MOD: 2,
  VALUE: 3,
  LEASE: 4,
} as const;

export interface Compare {
  readonly result: number;
  readonly target: number;
  readonly key: Uint8Array;
  readonly version: number | undefined;
  readonly createRevision: number | undefined;
  readonly modRevision: number | undefined;
  readonly value: Uint8Array | undefined;
  readonly lease: bigint | undefined;
  readonly rangeEnd: Uint8Array;
}
export const Compare: Message<Compare> = new Message("Compare", [
  f("result", "result", 1, "enum", { values: CompareResult }),
  f("target", "target", 2, "enum", { values: CompareTarget }),
  f("key", "key", 3, "bytes"),
  f("version", "version", 4, "int64", { oneof: "target_union" }),
  f("create_revision", "createRevision", 5, "int64", { oneof: "target_union" }),
  f("mod_revision", "modRevision", 6, "int64", { oneof: "target_union" }),
  f("value", "value", 7, "bytes", { oneof: "target_union" }),
  f("lease", "lease", 8, "int64", { wide: true, oneof: "target_union" }),
  f("range_end", "rangeEnd", 64, "bytes"),
], () => ({
  result: 0,
  target: 0,
  key: noBytes,
  version: undefined,
  createRevision: undefined,
  modRevision: undefined,
  value: undefined,
  lease: undefined,
  rangeEnd: noBytes,
}));

export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}
export const TxnRequest: Message<TxnRequest> = new Message("TxnRequest", [
  f("compare", "compare", 1, "message", { repeated: true, message: () => Compare }),
  f("success", "success", 2, "message", { repeated: true, message: () => RequestOp }),
  f("failure", "failure", 3, "message", { repeated: true, message: () => RequestOp }),
], () => ({
  compare: noItems,
  success: noItems,
  failure: noItems,
}));

export interface TxnResponse {
  readonly header: ResponseHeader | undefined;
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}
export const TxnResponse: Message<TxnResponse> = new Message("TxnResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("succeeded", "succeeded", 2, "bool"),
  f("responses", "responses", 3, "message", { repeated: true, message: () => ResponseOp }),
], () => ({
  header: undefined,
  succeeded: false,
  responses: noItems,
}));

export interface CompactionRequest {
  readonly revision: number;
  readonly physical: boolean;
}
export const CompactionRequest: Message<CompactionRequest> = new Message("CompactionRequest", [
  f("revision", "revision", 1, "int64"),
  f("physical", "physical", 2, "bool"),
], () => ({
  revision: 0,
  physical: false,
}));

export interface CompactionResponse {
  readonly header: ResponseHeader | undefined;
}
export const CompactionResponse: Message<CompactionResponse> = new Message("CompactionResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export interface WatchRequest {
  readonly createRequest: WatchCreateRequest | undefined;
  readonly cancelRequest: WatchCancelRequest | undefined;
  readonly progressRequest: WatchProgressRequest | undefined;
}
export const WatchRequest: Message<WatchRequest> = new Message("WatchRequest", [
  f("create_request", "createRequest", 1, "message", { oneof: "request_union", message: () => WatchCreateRequest }),
  f("cancel_request", "cancelRequest", 2, "message", { oneof: "request_union", message: () => WatchCancelRequest }),
  f("progress_request", "progressRequest", 3, "message", { oneof: "request_union", message: () => WatchProgressRequest }),
], () => ({
  createRequest: undefined,
  cancelRequest: undefined,
  progressRequest: undefined,
}));

export const FilterType = {
  NOPUT: 0,
  NODELETE: 1,
} as const;

export interface WatchCreateRequest {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  readonly startRevision: number;
  readonly progressNotify: boolean;
  readonly filters: readonly number[];
  readonly prevKv: boolean;
  readonly watchId: bigint;
  readonly fragment: boolean;
}
export const WatchCreateRequest: Message<WatchCreateRequest> = new Message("WatchCreateRequest", [
  f("key", "key", 1, "bytes"),
  f("range_end", "rangeEnd", 2, "bytes"),
  f("start_revision", "startRevision", 3, "int64"),
  f("progress_notify", "progressNotify", 4, "bool"),
  f("filters", "filters", 5, "enum", { repeated: true, values: FilterType }),
  f("prev_kv", "prevKv", 6, "bool"),
  f("watch_id", "watchId", 7, "int64", { wide: true }),
  f("fragment", "fragment", 8, "bool"),
], () => ({
  key: noBytes,
  rangeEnd: noBytes,
  startRevision: 0,
  progressNotify: false,
  filters: noItems,
  prevKv: false,
  watchId: 0n,
  fragment: false,
}));

export interface WatchCancelRequest {
  readonly watchId: bigint;
}
export const WatchCancelRequest: Message<WatchCancelRequest> = new Message("WatchCancelRequest", [
  f("watch_id", "watchId", 1, "int64", { wide: true }),
], () => ({
  watchId: 0n,
}));

export interface WatchProgressRequest {
}
export const WatchProgressRequest: Message<WatchProgressRequest> = new Message("WatchProgressRequest", [
], () => ({
}));

export interface WatchResponse {
  readonly header: ResponseHeader | undefined;
  readonly watchId: bigint;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compactRevision: number;
  readonly cancelReason: string;
  readonly fragment: boolean;
  readonly events: readonly Event[];
}
export const WatchResponse: Message<WatchResponse> = new Message("WatchResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("watch_id", "watchId", 2, "int64", { wide: true }),
  f("created", "created", 3, "bool"),
  f("canceled", "canceled", 4, "bool"),
  f("compact_revision", "compactRevision", 5, "int64"),
  f("cancel_reason", "cancelReason", 6, "string"),
  f("fragment", "fragment", 7, "bool"),
  f("events", "events", 11, "message", { repeated: true, message: () => Event }),
], () => ({
  header: undefined,
  watchId: 0n,
  created: false,
  canceled: false,
  compactRevision: 0,
  cancelReason: "",
  fragment: false,
  events: noItems,
}));

export interface LeaseGrantRequest {
  readonly TTL: number;
  readonly ID: bigint;
}
export const LeaseGrantRequest: Message<LeaseGrantRequest> = new Message("LeaseGrantRequest", [
  f("TTL", "TTL", 1, "int64"),
  f("ID", "ID", 2, "int64", { wide: true }),
], () => ({
  TTL: 0,
  ID: 0n,
}));

export interface LeaseGrantResponse {
  readonly header: ResponseHeader | undefined;
  readonly ID: bigint;
  readonly TTL: number;
  readonly error: string;
}
export const LeaseGrantResponse: Message<LeaseGrantResponse> = new Message("LeaseGrantResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("ID", "ID", 2, "int64", { wide: true }),
  f("TTL", "TTL", 3, "int64"),
  f("error", "error", 4, "string"),
], () => ({
  header: undefined,
  ID: 0n,
  TTL: 0,
  error: "",
}));

export interface LeaseRevokeRequest {
  readonly ID: bigint;
}
export const LeaseRevokeRequest: Message<LeaseRevokeRequest> = new Message("LeaseRevokeRequest", [
  f("ID", "ID", 1, "int64", { wide: true }),
], () => ({
  ID: 0n,
}));

export interface LeaseRevokeResponse {
  readonly header: ResponseHeader | undefined;
}
export const LeaseRevokeResponse: Message<LeaseRevokeResponse> = new Message("LeaseRevokeResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export interface LeaseCheckpoint {
  readonly ID: bigint;
  readonly remainingTTL: number;
}
export const LeaseCheckpoint: Message<LeaseCheckpoint> = new Message("LeaseCheckpoint", [
  f("ID", "ID", 1, "int64", { wide: true }),
  f("remaining_TTL", "remainingTTL", 2, "int64"),
], () => ({
  ID: 0n,
  remainingTTL: 0,
}));

export interface LeaseCheckpointRequest {
  readonly checkpoints: readonly LeaseCheckpoint[];
}
export const LeaseCheckpointRequest: Message<LeaseCheckpointRequest> = new Message("LeaseCheckpointRequest", [
  f("checkpoints", "checkpoints", 1, "message", { repeated: true, message: () => LeaseCheckpoint }),
], () => ({
  checkpoints: noItems,
}));

export interface LeaseCheckpointResponse {
  readonly header: ResponseHeader | undefined;
}
export const LeaseCheckpointResponse: Message<LeaseCheckpointResponse> = new Message("LeaseCheckpointResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export interface LeaseKeepAliveRequest {
  readonly ID: bigint;
}
export const LeaseKeepAliveRequest: Message<LeaseKeepAliveRequest> = new Message("LeaseKeepAliveRequest", [
  f("ID", "ID", 1, "int64", { wide: true }),
], () => ({
  ID: 0n,
}));

export interface LeaseKeepAliveResponse {
  readonly header: ResponseHeader | undefined;
  readonly ID: bigint;
  readonly TTL: number;
}
export const LeaseKeepAliveResponse: Message<LeaseKeepAliveResponse> = new Message("LeaseKeepAliveResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("ID", "ID", 2, "int64", { wide: true }),
  f("TTL", "TTL", 3, "int64"),
], () => ({
  header: undefined,
  ID: 0n,
  TTL: 0,
}));

export interface LeaseTimeToLiveRequest {
  readonly ID: bigint;
  readonly keys: boolean;
}
export const LeaseTimeToLiveRequest: Message<LeaseTimeToLiveRequest> = new Message("LeaseTimeToLiveRequest", [
  f("ID", "ID", 1, "int64", { wide: true }),
  f("keys", "keys", 2, "bool"),
], () => ({
  ID: 0n,
  keys: false,
}));

export interface LeaseTimeToLiveResponse {
  readonly header: ResponseHeader | undefined;
  readonly ID: bigint;
  readonly TTL: number;
  readonly grantedTTL: number;
  readonly keys: readonly Uint8Array[];
}
export const LeaseTimeToLiveResponse: Message<LeaseTimeToLiveResponse> = new Message("LeaseTimeToLiveResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("ID", "ID", 2, "int64", { wide: true }),
  f("TTL", "TTL", 3, "int64"),
  f("grantedTTL", "grantedTTL", 4, "int64"),
  f("keys", "keys", 5, "bytes", { repeated: true }),
], () => ({
  header: undefined,
  ID: 0n,
  TTL: 0,
  grantedTTL: 0,
  keys: noItems,
}));

export interface LeaseLeasesRequest {
}
export const LeaseLeasesRequest: Message<LeaseLeasesRequest> = new Message("LeaseLeasesRequest", [
], () => ({
}));

export interface LeaseStatus {
  readonly ID: bigint;
}
export const LeaseStatus: Message<LeaseStatus> = new Message("LeaseStatus", [
  f("ID", "ID", 1, "int64", { wide: true }),
], () => ({
  ID: 0n,
}));

export interface LeaseLeasesResponse {
  readonly header: ResponseHeader | undefined;
  readonly leases: readonly LeaseStatus[];
}
export const LeaseLeasesResponse: Message<LeaseLeasesResponse> = new Message("LeaseLeasesResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("leases", "leases", 2, "message", { repeated: true, message: () => LeaseStatus }),
], () => ({
  header: undefined,
  leases: noItems,
}));

export interface Member {
  readonly ID: bigint;
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
  readonly isLearner: boolean;
}
export const Member: Message<Member> = new Message("Member", [
  f("ID", "ID", 1, "uint64", { wide: true }),
  f("name", "name", 2, "string"),
  f("peerURLs", "peerURLs", 3, "string", { repeated: true }),
  f("clientURLs", "clientURLs", 4, "string", { repeated: true }),
  f("isLearner", "isLearner", 5, "bool"),
], () => ({
  ID: 0n,
  name: "",
  peerURLs: noItems,
  clientURLs: noItems,
  isLearner: false,
}));

export interface MemberAddRequest {
  readonly peerURLs: readonly string[];
  readonly isLearner: boolean;
}
export const MemberAddRequest: Message<MemberAddRequest> = new Message("MemberAddRequest", [
  f("peerURLs", "peerURLs", 1, "string", { repeated: true }),
  f("isLearner", "isLearner", 2, "bool"),
], () => ({
  peerURLs: noItems,
  isLearner: false,
}));

export interface MemberAddResponse {
  readonly header: ResponseHeader | undefined;
  readonly member: Member | undefined;
  readonly members: readonly Member[];
}
export const MemberAddResponse: Message<MemberAddResponse> = new Message("MemberAddResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("member", "member", 2, "message", { message: () => Member }),
  f("members", "members", 3, "message", { repeated: true, message: () => Member }),
], () => ({
  header: undefined,
  member: undefined,
  members: noItems,
}));

export interface MemberRemoveRequest {
  readonly ID: bigint;
}
export const MemberRemoveRequest: Message<MemberRemoveRequest> = new Message("MemberRemoveRequest", [
  f("ID", "ID", 1, "uint64", { wide: true }),
], () => ({
  ID: 0n,
}));

export interface MemberRemoveResponse {
  readonly header: ResponseHeader | undefined;
  readonly members: readonly Member[];
}
export const MemberRemoveResponse: Message<MemberRemoveResponse> = new Message("MemberRemoveResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("members", "members", 2, "message", { repeated: true, message: () => Member }),
], () => ({
  header: undefined,
  members: noItems,
}));

export interface MemberUpdateRequest {
  readonly ID: bigint;
  readonly peerURLs: readonly string[];
}
export const MemberUpdateRequest: Message<MemberUpdateRequest> = new Message("MemberUpdateRequest", [
  f("ID", "ID", 1, "uint64", { wide: true }),
  f("peerURLs", "peerURLs", 2, "string", { repeated: true }),
], () => ({
  ID: 0n,
  peerURLs: noItems,
}));

export interface MemberUpdateResponse {
  readonly header: ResponseHeader | undefined;
  readonly members: readonly Member[];
}
export const MemberUpdateResponse: Message<MemberUpdateResponse> = new Message("MemberUpdateResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("members", "members", 2, "message", { repeated: true, message: () => Member }),
], () => ({
  header: undefined,
  members: noItems,
}));

export interface MemberListRequest {
  readonly linearizable: boolean;
}
export const MemberListRequest: Message<MemberListRequest> = new Message("MemberListRequest", [
  f("linearizable", "linearizable", 1, "bool"),
], () => ({
  linearizable: false,
}));

export interface MemberListResponse {
  readonly header: ResponseHeader | undefined;
  readonly members: readonly Member[];
}
export const MemberListResponse: Message<MemberListResponse> = new Message("MemberListResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("members", "members", 2, "message", { repeated: true, message: () => Member }),
], () => ({
  header: undefined,
  members: noItems,
}));

export interface MemberPromoteRequest {
  readonly ID: bigint;
}
export const MemberPromoteRequest: Message<MemberPromoteRequest> = new Message("MemberPromoteRequest", [
  f("ID", "ID", 1, "uint64", { wide: true }),
], () => ({
  ID: 0n,
}));

export interface MemberPromoteResponse {
  readonly header: ResponseHeader | undefined;
  readonly members: readonly Member[];
}
export const MemberPromoteResponse: Message<MemberPromoteResponse> = new Message("MemberPromoteResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("members", "members", 2, "message", { repeated: true, message: () => Member }),
], () => ({
  header: undefined,
  members: noItems,
}));

export const AlarmType = {
  NONE: 0,
  NOSPACE: 1,
  CORRUPT: 2,
} as const;

export const AlarmAction = {
  GET: 0,
  ACTIVATE: 1,
  DEACTIVATE: 2,
} as const;

export interface AlarmRequest {
  readonly action: number;
  readonly memberID: bigint;
  readonly alarm: number;
}
export const AlarmRequest: Message<AlarmRequest> = new Message("AlarmRequest", [
  f("action", "action", 1, "enum", { values: AlarmAction }),
  f("memberID", "memberID", 2, "uint64", { wide: true }),
  f("alarm", "alarm", 3, "enum", { values: AlarmType }),
], () => ({
  action: 0,
  memberID: 0n,
  alarm: 0,
}));

export interface AlarmMember {
  readonly memberID: bigint;
  readonly alarm: number;
}
export const AlarmMember: Message<AlarmMember> = new Message("AlarmMember", [
  f("memberID", "memberID", 1, "uint64", { wide: true }),
  f("alarm", "alarm", 2, "enum", { values: AlarmType }),
], () => ({
  memberID: 0n,
  alarm: 0,
}));

export interface AlarmResponse {
  readonly header: ResponseHeader | undefined;
  readonly alarms: readonly AlarmMember[];
}
export const AlarmResponse: Message<AlarmResponse> = new Message("AlarmResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("alarms", "alarms", 2, "message", { repeated: true, message: () => AlarmMember }),
], () => ({
  header: undefined,
  alarms: noItems,
}));

export interface StatusRequest {
}
export const StatusRequest: Message<StatusRequest> = new Message("StatusRequest", [
], () => ({
}));

export interface StatusResponse {
  readonly header: ResponseHeader | undefined;
  readonly version: string;
  readonly dbSize: number;
  readonly leader: bigint;
  readonly raftIndex: number;
  readonly raftTerm: number;
  readonly raftAppliedIndex: number;
  readonly errors: readonly string[];
  readonly dbSizeInUse: number;
  readonly isLearner: boolean;
  readonly storageVersion: string;
  readonly dbSizeQuota: number;
  readonly downgradeInfo: DowngradeInfo | undefined;
}
export const StatusResponse: Message<StatusResponse> = new Message("StatusResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("version", "version", 2, "string"),
  f("dbSize", "dbSize", 3, "int64"),
  f("leader", "leader", 4, "uint64", { wide: true }),
  f("raftIndex", "raftIndex", 5, "uint64"),
  f("raftTerm", "raftTerm", 6, "uint64"),
  f("raftAppliedIndex", "raftAppliedIndex", 7, "uint64"),
  f("errors", "errors", 8, "string", { repeated: true }),
  f("dbSizeInUse", "dbSizeInUse", 9, "int64"),
  f("isLearner", "isLearner", 10, "bool"),
  f("storageVersion", "storageVersion", 11, "string"),
  f("dbSizeQuota", "dbSizeQuota", 12, "int64"),
  f("downgradeInfo", "downgradeInfo", 13, "message", { message: () => DowngradeInfo }),
], () => ({
  header: undefined,
  version: "",
  dbSize: 0,
  leader: 0n,
  raftIndex: 0,
  raftTerm: 0,
  raftAppliedIndex: 0,
  errors: noItems,
  dbSizeInUse: 0,
  isLearner: false,
  storageVersion: "",
  dbSizeQuota: 0,
  downgradeInfo: undefined,
}));

export interface DowngradeInfo {
  readonly enabled: boolean;
  readonly targetVersion: string;
}
export const DowngradeInfo: Message<DowngradeInfo> = new Message("DowngradeInfo", [
  f("enabled", "enabled", 1, "bool"),
  f("targetVersion", "targetVersion", 2, "string"),
], () => ({
  enabled: false,
  targetVersion: "",
}));

export interface DefragmentRequest {
}
export const DefragmentRequest: Message<DefragmentRequest> = new Message("DefragmentRequest", [
], () => ({
}));

export interface DefragmentResponse {
  readonly header: ResponseHeader | undefined;
}
export const DefragmentResponse: Message<DefragmentResponse> = new Message("DefragmentResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export interface HashRequest {
}
export const HashRequest: Message<HashRequest> = new Message("HashRequest", [
], () => ({
}));

export interface HashResponse {
  readonly header: ResponseHeader | undefined;
  readonly hash: number;
}
export const HashResponse: Message<HashResponse> = new Message("HashResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("hash", "hash", 2, "uint32"),
], () => ({
  header: undefined,
  hash: 0,
}));

export interface HashKVRequest {
  readonly revision: number;
}
export const HashKVRequest: Message<HashKVRequest> = new Message("HashKVRequest", [
  f("revision", "revision", 1, "int64"),
], () => ({
  revision: 0,
}));

export interface HashKVResponse {
  readonly header: ResponseHeader | undefined;
  readonly hash: number;
  readonly compactRevision: number;
  readonly hashRevision: number;
}
export const HashKVResponse: Message<HashKVResponse> = new Message("HashKVResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("hash", "hash", 2, "uint32"),
  f("compact_revision", "compactRevision", 3, "int64"),
  f("hash_revision", "hashRevision", 4, "int64"),
], () => ({
  header: undefined,
  hash: 0,
  compactRevision: 0,
  hashRevision: 0,
}));

export interface SnapshotRequest {
}
export const SnapshotRequest: Message<SnapshotRequest> = new Message("SnapshotRequest", [
], () => ({
}));

export interface SnapshotResponse {
  readonly header: ResponseHeader | undefined;
  readonly remainingBytes: number;
  readonly blob: Uint8Array;
  readonly version: string;
}
export const SnapshotResponse: Message<SnapshotResponse> = new Message("SnapshotResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("remaining_bytes", "remainingBytes", 2, "uint64"),
  f("blob", "blob", 3, "bytes"),
  f("version", "version", 4, "string"),
], () => ({
  header: undefined,
  remainingBytes: 0,
  blob: noBytes,
  version: "",
}));

export interface MoveLeaderRequest {
  readonly targetID: bigint;
}
export const MoveLeaderRequest: Message<MoveLeaderRequest> = new Message("MoveLeaderRequest", [
  f("targetID", "targetID", 1, "uint64", { wide: true }),
], () => ({
  targetID: 0n,
}));

export interface MoveLeaderResponse {
  readonly header: ResponseHeader | undefined;
}
export const MoveLeaderResponse: Message<MoveLeaderResponse> = new Message("MoveLeaderResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export const DowngradeAction = {
  VALIDATE: 0,
  ENABLE: 1,
  CANCEL: 2,
} as const;

export interface DowngradeRequest {
  readonly action: number;
  readonly version: string;
}
export const DowngradeRequest: Message<DowngradeRequest> = new Message("DowngradeRequest", [
  f("action", "action", 1, "enum", { values: DowngradeAction }),
  f("version", "version", 2, "string"),
], () => ({
  action: 0,
  version: "",
}));

export interface DowngradeResponse {
  readonly header: ResponseHeader | undefined;
  readonly version: string;
}
export const DowngradeResponse: Message<DowngradeResponse> = new Message("DowngradeResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("version", "version", 2, "string"),
], () => ({
  header: undefined,
  version: "",
}));

export const PermissionType = {
  READ: 0,
  WRITE: 1,
  READWRITE: 2,
} as const;

export interface Permission {
  readonly permType: number;
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
}
export const Permission: Message<Permission> = new Message("Permission", [
  f("permType", "permType", 1, "enum", { values: PermissionType }),
  f("key", "key", 2, "bytes"),
  f("range_end", "rangeEnd", 3, "bytes"),
], () => ({
  permType: 0,
  key: noBytes,
  rangeEnd: noBytes,
}));

export interface UserAddOptions {
  readonly noPassword: boolean;
}
export const UserAddOptions: Message<UserAddOptions> = new Message("UserAddOptions", [
  f("no_password", "noPassword", 1, "bool"),
], () => ({
  noPassword: false,
}));

export interface AuthEnableRequest {
}
export const AuthEnableRequest: Message<AuthEnableRequest> = new Message("AuthEnableRequest", [
], () => ({
}));

export interface AuthEnableResponse {
  readonly header: ResponseHeader | undefined;
}
export const AuthEnableResponse: Message<AuthEnableResponse> = new Message("AuthEnableResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export interface AuthDisableRequest {
}
export const AuthDisableRequest: Message<AuthDisableRequest> = new Message("AuthDisableRequest", [
], () => ({
}));

export interface AuthDisableResponse {
  readonly header: ResponseHeader | undefined;
}
export const AuthDisableResponse: Message<AuthDisableResponse> = new Message("AuthDisableResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export interface AuthStatusRequest {
}
export const AuthStatusRequest: Message<AuthStatusRequest> = new Message("AuthStatusRequest", [
], () => ({
}));

export interface AuthStatusResponse {
  readonly header: ResponseHeader | undefined;
  readonly enabled: boolean;
  readonly authRevision: number;
}
export const AuthStatusResponse: Message<AuthStatusResponse> = new Message("AuthStatusResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("enabled", "enabled", 2, "bool"),
  f("authRevision", "authRevision", 3, "uint64"),
], () => ({
  header: undefined,
  enabled: false,
  authRevision: 0,
}));

export interface AuthenticateRequest {
  readonly name: string;
  readonly password: string;
}
export const AuthenticateRequest: Message<AuthenticateRequest> = new Message("AuthenticateRequest", [
  f("name", "name", 1, "string"),
  f("password", "password", 2, "string"),
], () => ({
  name: "",
  password: "",
}));

export interface AuthenticateResponse {
  readonly header: ResponseHeader | undefined;
  readonly token: string;
}
export const AuthenticateResponse: Message<AuthenticateResponse> = new Message("AuthenticateResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("token", "token", 2, "string"),
], () => ({
  header: undefined,
  token: "",
}));

export interface AuthUserAddRequest {
  readonly name: string;
  readonly password: string;
  readonly options: UserAddOptions | undefined;
  readonly hashedPassword: string;
}
export const AuthUserAddRequest: Message<AuthUserAddRequest> = new Message("AuthUserAddRequest", [
  f("name", "name", 1, "string"),
  f("password", "password", 2, "string"),
  f("options", "options", 3, "message", { message: () => UserAddOptions }),
  f("hashedPassword", "hashedPassword", 4, "string"),
], () => ({
  name: "",
  password: "",
  options: undefined,
  hashedPassword: "",
}));

export interface AuthUserAddResponse {
  readonly header: ResponseHeader | undefined;
}
export const AuthUserAddResponse: Message<AuthUserAddResponse> = new Message("AuthUserAddResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export interface AuthUserGetRequest {
  readonly name: string;
}
export const AuthUserGetRequest: Message<AuthUserGetRequest> = new Message("AuthUserGetRequest", [
  f("name", "name", 1, "string"),
], () => ({
  name: "",
}));

export interface AuthUserGetResponse {
  readonly header: ResponseHeader | undefined;
  readonly roles: readonly string[];
}
export const AuthUserGetResponse: Message<AuthUserGetResponse> = new Message("AuthUserGetResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("roles", "roles", 2, "string", { repeated: true }),
], () => ({
  header: undefined,
  roles: noItems,
}));

export interface AuthUserListRequest {
}
export const AuthUserListRequest: Message<AuthUserListRequest> = new Message("AuthUserListRequest", [
], () => ({
}));

export interface AuthUserListResponse {
  readonly header: ResponseHeader | undefined;
  readonly users: readonly string[];
}
export const AuthUserListResponse: Message<AuthUserListResponse> = new Message("AuthUserListResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("users", "users", 2, "string", { repeated: true }),
], () => ({
  header: undefined,
  users: noItems,
}));

export interface AuthUserDeleteRequest {
  readonly name: string;
}
export const AuthUserDeleteRequest: Message<AuthUserDeleteRequest> = new Message("AuthUserDeleteRequest", [
  f("name", "name", 1, "string"),
], () => ({
  name: "",
}));

export interface AuthUserDeleteResponse {
  readonly header: ResponseHeader | undefined;
}
export const AuthUserDeleteResponse: Message<AuthUserDeleteResponse> = new Message("AuthUserDeleteResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export interface AuthUserChangePasswordRequest {
  readonly name: string;
  readonly password: string;
  readonly hashedPassword: string;
}
export const AuthUserChangePasswordRequest: Message<AuthUserChangePasswordRequest> = new Message("AuthUserChangePasswordRequest", [
  f("name", "name", 1, "string"),
  f("password", "password", 2, "string"),
  f("hashedPassword", "hashedPassword", 3, "string"),
], () => ({
  name: "",
  password: "",
  hashedPassword: "",
}));

export interface AuthUserChangePasswordResponse {
  readonly header: ResponseHeader | undefined;
}
export const AuthUserChangePasswordResponse: Message<AuthUserChangePasswordResponse> = new Message("AuthUserChangePasswordResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export interface AuthUserGrantRoleRequest {
  readonly user: string;
  readonly role: string;
}
export const AuthUserGrantRoleRequest: Message<AuthUserGrantRoleRequest> = new Message("AuthUserGrantRoleRequest", [
  f("user", "user", 1, "string"),
  f("role", "role", 2, "string"),
], () => ({
  user: "",
  role: "",
}));

export interface AuthUserGrantRoleResponse {
  readonly header: ResponseHeader | undefined;
}
export const AuthUserGrantRoleResponse: Message<AuthUserGrantRoleResponse> = new Message("AuthUserGrantRoleResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export interface AuthUserRevokeRoleRequest {
  readonly name: string;
  readonly role: string;
}
export const AuthUserRevokeRoleRequest: Message<AuthUserRevokeRoleRequest> = new Message("AuthUserRevokeRoleRequest", [
  f("name", "name", 1, "string"),
  f("role", "role", 2, "string"),
], () => ({
  name: "",
  role: "",
}));

export interface AuthUserRevokeRoleResponse {
  readonly header: ResponseHeader | undefined;
}
export const AuthUserRevokeRoleResponse: Message<AuthUserRevokeRoleResponse> = new Message("AuthUserRevokeRoleResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export interface AuthRoleAddRequest {
  readonly name: string;
}
export const AuthRoleAddRequest: Message<AuthRoleAddRequest> = new Message("AuthRoleAddRequest", [
  f("name", "name", 1, "string"),
], () => ({
  name: "",
}));

export interface AuthRoleAddResponse {
  readonly header: ResponseHeader | undefined;
}
export const AuthRoleAddResponse: Message<AuthRoleAddResponse> = new Message("AuthRoleAddResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export interface AuthRoleGetRequest {
  readonly role: string;
}
export const AuthRoleGetRequest: Message<AuthRoleGetRequest> = new Message("AuthRoleGetRequest", [
  f("role", "role", 1, "string"),
], () => ({
  role: "",
}));

export interface AuthRoleGetResponse {
  readonly header: ResponseHeader | undefined;
  readonly perm: readonly Permission[];
}
export const AuthRoleGetResponse: Message<AuthRoleGetResponse> = new Message("AuthRoleGetResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("perm", "perm", 2, "message", { repeated: true, message: () => Permission }),
], () => ({
  header: undefined,
  perm: noItems,
}));

export interface AuthRoleListRequest {
}
export const AuthRoleListRequest: Message<AuthRoleListRequest> = new Message("AuthRoleListRequest", [
], () => ({
}));

export interface AuthRoleListResponse {
  readonly header: ResponseHeader | undefined;
  readonly roles: readonly string[];
}
export const AuthRoleListResponse: Message<AuthRoleListResponse> = new Message("AuthRoleListResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("roles", "roles", 2, "string", { repeated: true }),
], () => ({
  header: undefined,
  roles: noItems,
}));

export interface AuthRoleDeleteRequest {
  readonly role: string;
}
export const AuthRoleDeleteRequest: Message<AuthRoleDeleteRequest> = new Message("AuthRoleDeleteRequest", [
  f("role", "role", 1, "string"),
], () => ({
  role: "",
}));

export interface AuthRoleDeleteResponse {
  readonly header: ResponseHeader | undefined;
}
export const AuthRoleDeleteResponse: Message<AuthRoleDeleteResponse> = new Message("AuthRoleDeleteResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export interface AuthRoleGrantPermissionRequest {
  readonly name: string;
  readonly perm: Permission | undefined;
}
export const AuthRoleGrantPermissionRequest: Message<AuthRoleGrantPermissionRequest> = new Message("AuthRoleGrantPermissionRequest", [
  f("name", "name", 1, "string"),
  f("perm", "perm", 2, "message", { message: () => Permission }),
], () => ({
  name: "",
  perm: undefined,
}));

export interface AuthRoleGrantPermissionResponse {
  readonly header: ResponseHeader | undefined;
}
export const AuthRoleGrantPermissionResponse: Message<AuthRoleGrantPermissionResponse> = new Message("AuthRoleGrantPermissionResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export interface AuthRoleRevokePermissionRequest {
  readonly role: string;
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
}
export const AuthRoleRevokePermissionRequest: Message<AuthRoleRevokePermissionRequest> = new Message("AuthRoleRevokePermissionRequest", [
  f("role", "role", 1, "string"),
  f("key", "key", 2, "bytes"),
  f("range_end", "rangeEnd", 3, "bytes"),
], () => ({
  role: "",
  key: noBytes,
  rangeEnd: noBytes,
}));

export interface AuthRoleRevokePermissionResponse {
  readonly header: ResponseHeader | undefined;
}
export const AuthRoleRevokePermissionResponse: Message<AuthRoleRevokePermissionResponse> = new Message("AuthRoleRevokePermissionResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export interface LockRequest {
  readonly name: Uint8Array;
  readonly lease: bigint;
}
export const LockRequest: Message<LockRequest> = new Message("LockRequest", [
  f("name", "name", 1, "bytes"),
  f("lease", "lease", 2, "int64", { wide: true }),
], () => ({
  name: noBytes,
  lease: 0n,
}));

export interface LockResponse {
  readonly header: ResponseHeader | undefined;
  readonly key: Uint8Array;
}
export const LockResponse: Message<LockResponse> = new Message("LockResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("key", "key", 2, "bytes"),
], () => ({
  header: undefined,
  key: noBytes,
}));

export interface UnlockRequest {
  readonly key: Uint8Array;
}
export const UnlockRequest: Message<UnlockRequest> = new Message("UnlockRequest", [
  f("key", "key", 1, "bytes"),
], () => ({
  key: noBytes,
}));

export interface UnlockResponse {
  readonly header: ResponseHeader | undefined;
}
export const UnlockResponse: Message<UnlockResponse> = new Message("UnlockResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export interface LeaderKey {
  readonly name: Uint8Array;
  readonly key: Uint8Array;
  readonly rev: number;
  readonly lease: bigint;
}
export const LeaderKey: Message<LeaderKey> = new Message("LeaderKey", [
  f("name", "name", 1, "bytes"),
  f("key", "key", 2, "bytes"),
  f("rev", "rev", 3, "int64"),
  f("lease", "lease", 4, "int64", { wide: true }),
], () => ({
  name: noBytes,
  key: noBytes,
  rev: 0,
  lease: 0n,
}));

export interface CampaignRequest {
  readonly name: Uint8Array;
  readonly lease: bigint;
  readonly value: Uint8Array;
}
export const CampaignRequest: Message<CampaignRequest> = new Message("CampaignRequest", [
  f("name", "name", 1, "bytes"),
  f("lease", "lease", 2, "int64", { wide: true }),
  f("value", "value", 3, "bytes"),
], () => ({
  name: noBytes,
  lease: 0n,
  value: noBytes,
}));

export interface CampaignResponse {
  readonly header: ResponseHeader | undefined;
  readonly leader: LeaderKey | undefined;
}
export const CampaignResponse: Message<CampaignResponse> = new Message("CampaignResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("leader", "leader", 2, "message", { message: () => LeaderKey }),
], () => ({
  header: undefined,
  leader: undefined,
}));

export interface ProclaimRequest {
  readonly leader: LeaderKey | undefined;
  readonly value: Uint8Array;
}
export const ProclaimRequest: Message<ProclaimRequest> = new Message("ProclaimRequest", [
  f("leader", "leader", 1, "message", { message: () => LeaderKey }),
  f("value", "value", 2, "bytes"),
], () => ({
  leader: undefined,
  value: noBytes,
}));

export interface ProclaimResponse {
  readonly header: ResponseHeader | undefined;
}
export const ProclaimResponse: Message<ProclaimResponse> = new Message("ProclaimResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));

export interface LeaderRequest {
  readonly name: Uint8Array;
}
export const LeaderRequest: Message<LeaderRequest> = new Message("LeaderRequest", [
  f("name", "name", 1, "bytes"),
], () => ({
  name: noBytes,
}));

export interface LeaderResponse {
  readonly header: ResponseHeader | undefined;
  readonly kv: KeyValue | undefined;
}
export const LeaderResponse: Message<LeaderResponse> = new Message("LeaderResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("kv", "kv", 2, "message", { message: () => KeyValue }),
], () => ({
  header: undefined,
  kv: undefined,
}));

export interface ResignRequest {
  readonly leader: LeaderKey | undefined;
}
export const ResignRequest: Message<ResignRequest> = new Message("ResignRequest", [
  f("leader", "leader", 1, "message", { message: () => LeaderKey }),
], () => ({
  leader: undefined,
}));

export interface ResignResponse {
  readonly header: ResponseHeader | undefined;
}
export const ResignResponse: Message<ResignResponse> = new Message("ResignResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
], () => ({
  header: undefined,
}));
