// Generated from kv.proto by `npm run proto`. Do not edit.
import { AlarmMember, AlarmRequest, AlarmResponse, AuthDisableRequest, AuthDisableResponse, AuthEnableRequest, AuthEnableResponse, AuthRoleAddRequest, AuthRoleAddResponse, AuthRoleDeleteRequest, AuthRoleDeleteResponse, AuthRoleGetRequest, AuthRoleGetResponse, AuthRoleGrantPermissionRequest, AuthRoleGrantPermissionResponse, AuthRoleListRequest, AuthRoleListResponse, AuthRoleRevokePermissionRequest, AuthRoleRevokePermissionResponse, AuthStatusRequest, AuthStatusResponse, AuthUserAddRequest, AuthUserAddResponse, AuthUserChangePasswordRequest, AuthUserChangePasswordResponse, AuthUserDeleteRequest, AuthUserDeleteResponse, AuthUserGetRequest, AuthUserGetResponse, AuthUserGrantRoleRequest, AuthUserGrantRoleResponse, AuthUserListRequest, AuthUserListResponse, AuthUserRevokeRoleRequest, AuthUserRevokeRoleResponse, AuthenticateResponse, CompactionRequest, CompactionResponse, DeleteRangeRequest, DeleteRangeResponse, HashKVRequest, HashKVResponse, HashRequest, HashResponse, KeyValue, LeaseCheckpointRequest, LeaseCheckpointResponse, LeaseGrantRequest, LeaseGrantResponse, LeaseKeepAliveRequest, LeaseLeasesRequest, LeaseLeasesResponse, LeaseRevokeRequest, LeaseRevokeResponse, LeaseTimeToLiveRequest, LeaseTimeToLiveResponse, MemberListRequest, MemberListResponse, MemberUpdateRequest, MemberUpdateResponse, Permission, PutRequest, PutResponse, RangeRequest, RangeResponse, ResponseHeader, TxnRequest, TxnResponse, WatchCreateRequest, WatchResponse } from "./etcd.ts";
import { field as f, Message, noBytes, noItems } from "../message.ts";

/**
 * The data of a normal raft entry. Its Worker encodes it; the member that proposes appends the
 * fields of `user` and `auth_revision` (concatenated protobuf messages merge, last value wins).
 */
export interface Request {
  /** Version of this format; 1. */
  readonly format: number;
  /** 16 random bytes, the same in every retry; empty for what the cluster proposes itself. */
  readonly requestId: Uint8Array;
  /** The applied index that the Worker had last seen when it made the id. */
  readonly seenIndex: number;
  /** Who asks, by the token that the member verified; empty where none came. */
  readonly user: string;
  /** The auth revision at which the token was verified; 0 where there is none. */
  readonly authRevision: number;
  readonly put: PutRequest | undefined;
  readonly deleteRange: DeleteRangeRequest | undefined;
  readonly txn: TxnRequest | undefined;
  readonly compaction: CompactionRequest | undefined;
  readonly leaseGrant: LeaseGrantRequest | undefined;
  readonly leaseRevoke: LeaseRevokeRequest | undefined;
  readonly leaseCheckpoint: LeaseCheckpointRequest | undefined;
  readonly alarm: AlarmRequest | undefined;
  readonly memberAttributes: MemberAttributesRequest | undefined;
  readonly clusterVersionSet: ClusterVersionSetRequest | undefined;
  readonly authenticate: InternalAuthenticateRequest | undefined;
  readonly authEnable: AuthEnableRequest | undefined;
  readonly authDisable: AuthDisableRequest | undefined;
  readonly authUserAdd: AuthUserAddRequest | undefined;
  readonly authUserDelete: AuthUserDeleteRequest | undefined;
  readonly authUserChangePassword: AuthUserChangePasswordRequest | undefined;
  readonly authUserGrantRole: AuthUserGrantRoleRequest | undefined;
  readonly authUserRevokeRole: AuthUserRevokeRoleRequest | undefined;
  readonly authRoleAdd: AuthRoleAddRequest | undefined;
  readonly authRoleDelete: AuthRoleDeleteRequest | undefined;
  readonly authRoleGrantPermission: AuthRoleGrantPermissionRequest | undefined;
  readonly authRoleRevokePermission: AuthRoleRevokePermissionRequest | undefined;
  readonly downgradeInfoSet: DowngradeInfoSetRequest | undefined;
  /** A member's URLs, without a change of the configuration (etcd's member update). */
  readonly memberUpdate: MemberUpdateRequest | undefined;
}
export const Request: Message<Request> = new Message("Request", [
  f("format", "format", 1, "uint32"),
  f("request_id", "requestId", 2, "bytes"),
  f("seen_index", "seenIndex", 3, "uint64"),
  f("user", "user", 4, "string"),
  f("auth_revision", "authRevision", 5, "uint64"),
  f("put", "put", 16, "message", { oneof: "body", message: () => PutRequest }),
  f("delete_range", "deleteRange", 17, "message", { oneof: "body", message: () => DeleteRangeRequest }),
  f("txn", "txn", 18, "message", { oneof: "body", message: () => TxnRequest }),
  f("compaction", "compaction", 19, "message", { oneof: "body", message: () => CompactionRequest }),
  f("lease_grant", "leaseGrant", 20, "message", { oneof: "body", message: () => LeaseGrantRequest }),
  f("lease_revoke", "leaseRevoke", 21, "message", { oneof: "body", message: () => LeaseRevokeRequest }),
  f("lease_checkpoint", "leaseCheckpoint", 22, "message", { oneof: "body", message: () => LeaseCheckpointRequest }),
  f("alarm", "alarm", 23, "message", { oneof: "body", message: () => AlarmRequest }),
  f("member_attributes", "memberAttributes", 24, "message", { oneof: "body", message: () => MemberAttributesRequest }),
  f("cluster_version_set", "clusterVersionSet", 25, "message", { oneof: "body", message: () => ClusterVersionSetRequest }),
  f("authenticate", "authenticate", 26, "message", { oneof: "body", message: () => InternalAuthenticateRequest }),
  f("auth_enable", "authEnable", 27, "message", { oneof: "body", message: () => AuthEnableRequest }),
  f("auth_disable", "authDisable", 28, "message", { oneof: "body", message: () => AuthDisableRequest }),
  f("auth_user_add", "authUserAdd", 29, "message", { oneof: "body", message: () => AuthUserAddRequest }),
  f("auth_user_delete", "authUserDelete", 30, "message", { oneof: "body", message: () => AuthUserDeleteRequest }),
  f("auth_user_change_password", "authUserChangePassword", 31, "message", { oneof: "body", message: () => AuthUserChangePasswordRequest }),
  f("auth_user_grant_role", "authUserGrantRole", 32, "message", { oneof: "body", message: () => AuthUserGrantRoleRequest }),
  f("auth_user_revoke_role", "authUserRevokeRole", 33, "message", { oneof: "body", message: () => AuthUserRevokeRoleRequest }),
  f("auth_role_add", "authRoleAdd", 34, "message", { oneof: "body", message: () => AuthRoleAddRequest }),
  f("auth_role_delete", "authRoleDelete", 35, "message", { oneof: "body", message: () => AuthRoleDeleteRequest }),
  f("auth_role_grant_permission", "authRoleGrantPermission", 36, "message", { oneof: "body", message: () => AuthRoleGrantPermissionRequest }),
  f("auth_role_revoke_permission", "authRoleRevokePermission", 37, "message", { oneof: "body", message: () => AuthRoleRevokePermissionRequest }),
  f("downgrade_info_set", "downgradeInfoSet", 38, "message", { oneof: "body", message: () => DowngradeInfoSetRequest }),
  f("member_update", "memberUpdate", 39, "message", { oneof: "body", message: () => MemberUpdateRequest }),
], () => ({
  format: 0,
  requestId: noBytes,
  seenIndex: 0,
  user: "",
  authRevision: 0,
  put: undefined,
  deleteRange: undefined,
  txn: undefined,
  compaction: undefined,
  leaseGrant: undefined,
  leaseRevoke: undefined,
  leaseCheckpoint: undefined,
  alarm: undefined,
  memberAttributes: undefined,
  clusterVersionSet: undefined,
  authenticate: undefined,
  authEnable: undefined,
  authDisable: undefined,
  authUserAdd: undefined,
  authUserDelete: undefined,
  authUserChangePassword: undefined,
  authUserGrantRole: undefined,
  authUserRevokeRole: undefined,
  authRoleAdd: undefined,
  authRoleDelete: undefined,
  authRoleGrantPermission: undefined,
  authRoleRevokePermission: undefined,
  downgradeInfoSet: undefined,
  memberUpdate: undefined,
}));

/** A read of one member's state. Nothing of it enters the log. */
export interface Query {
  readonly format: number;
  readonly user: string;
  readonly authRevision: number;
  /**
   * Bytes that a page of a range may have; 0 takes the default. What does not fit comes with the
   * next page: see Response.next_key.
   */
  readonly maxBytes: number;
  /**
   * Where the page begins, as the previous one's next_key said; its range's revision must then be
   * the previous page's. Its count is not taken again.
   */
  readonly pageKey: Uint8Array;
  /**
   * Where there are more pages than one: 16 random bytes, the same for all of them, under which the
   * member holds the range and its revision until the last page, or hold_release, or its time is
   * over. Whoever may read the first page may read them all.
   */
  readonly hold: Uint8Array;
  readonly range: RangeRequest | undefined;
  /** Only one whose operations are all plain ranges. */
  readonly txn: TxnRequest | undefined;
  readonly leaseTimeToLive: LeaseTimeToLiveRequest | undefined;
  readonly leaseLeases: LeaseLeasesRequest | undefined;
  /** Only GET. */
  readonly alarm: AlarmRequest | undefined;
  readonly memberList: MemberListRequest | undefined;
  readonly authStatus: AuthStatusRequest | undefined;
  readonly authUserGet: AuthUserGetRequest | undefined;
  readonly authUserList: AuthUserListRequest | undefined;
  readonly authRoleGet: AuthRoleGetRequest | undefined;
  readonly authRoleList: AuthRoleListRequest | undefined;
  readonly hashKv: HashKVRequest | undefined;
  readonly hash: HashRequest | undefined;
  /** May this user renew it? Answered with an empty time-to-live response, or an error. */
  readonly leaseKeepAlive: LeaseKeepAliveRequest | undefined;
  /** May this user call what only root may? Answered with an empty auth status, or an error. */
  readonly adminCheck: AdminCheck | undefined;
  /** May this user watch this? Answered with an empty watch response, or an error. */
  readonly watchCreate: WatchCreateRequest | undefined;
  /** For whoever checks a password, which no member does: hashing takes longer than a turn may. */
  readonly password: PasswordRequest | undefined;
  /** Nobody asks for another page of `hold`. Answered with an empty range response. */
  readonly holdRelease: HoldRelease | undefined;
}
export const Query: Message<Query> = new Message("Query", [
  f("format", "format", 1, "uint32"),
  f("user", "user", 4, "string"),
  f("auth_revision", "authRevision", 5, "uint64"),
  f("max_bytes", "maxBytes", 6, "uint32"),
  f("page_key", "pageKey", 7, "bytes"),
  f("hold", "hold", 8, "bytes"),
  f("range", "range", 16, "message", { oneof: "body", message: () => RangeRequest }),
  f("txn", "txn", 17, "message", { oneof: "body", message: () => TxnRequest }),
  f("lease_time_to_live", "leaseTimeToLive", 18, "message", { oneof: "body", message: () => LeaseTimeToLiveRequest }),
  f("lease_leases", "leaseLeases", 19, "message", { oneof: "body", message: () => LeaseLeasesRequest }),
  f("alarm", "alarm", 20, "message", { oneof: "body", message: () => AlarmRequest }),
  f("member_list", "memberList", 21, "message", { oneof: "body", message: () => MemberListRequest }),
  f("auth_status", "authStatus", 22, "message", { oneof: "body", message: () => AuthStatusRequest }),
  f("auth_user_get", "authUserGet", 23, "message", { oneof: "body", message: () => AuthUserGetRequest }),
  f("auth_user_list", "authUserList", 24, "message", { oneof: "body", message: () => AuthUserListRequest }),
  f("auth_role_get", "authRoleGet", 25, "message", { oneof: "body", message: () => AuthRoleGetRequest }),
  f("auth_role_list", "authRoleList", 26, "message", { oneof: "body", message: () => AuthRoleListRequest }),
  f("hash_kv", "hashKv", 27, "message", { oneof: "body", message: () => HashKVRequest }),
  f("hash", "hash", 28, "message", { oneof: "body", message: () => HashRequest }),
  f("lease_keep_alive", "leaseKeepAlive", 29, "message", { oneof: "body", message: () => LeaseKeepAliveRequest }),
  f("admin_check", "adminCheck", 30, "message", { oneof: "body", message: () => AdminCheck }),
  f("watch_create", "watchCreate", 31, "message", { oneof: "body", message: () => WatchCreateRequest }),
  f("password", "password", 32, "message", { oneof: "body", message: () => PasswordRequest }),
  f("hold_release", "holdRelease", 33, "message", { oneof: "body", message: () => HoldRelease }),
], () => ({
  format: 0,
  user: "",
  authRevision: 0,
  maxBytes: 0,
  pageKey: noBytes,
  hold: noBytes,
  range: undefined,
  txn: undefined,
  leaseTimeToLive: undefined,
  leaseLeases: undefined,
  alarm: undefined,
  memberList: undefined,
  authStatus: undefined,
  authUserGet: undefined,
  authUserList: undefined,
  authRoleGet: undefined,
  authRoleList: undefined,
  hashKv: undefined,
  hash: undefined,
  leaseKeepAlive: undefined,
  adminCheck: undefined,
  watchCreate: undefined,
  password: undefined,
  holdRelease: undefined,
}));

export interface HoldRelease {
}
export const HoldRelease: Message<HoldRelease> = new Message("HoldRelease", [
], () => ({
}));

export interface AdminCheck {
}
export const AdminCheck: Message<AdminCheck> = new Message("AdminCheck", [
], () => ({
}));

export interface PasswordRequest {
  readonly name: string;
}
export const PasswordRequest: Message<PasswordRequest> = new Message("PasswordRequest", [
  f("name", "name", 1, "string"),
], () => ({
  name: "",
}));

/** Answered while auth is on, for a user that exists and has a password; an error otherwise. */
export interface PasswordResponse {
  readonly header: ResponseHeader | undefined;
  /** As auth_user_add's hashedPassword gave it. */
  readonly hashedPassword: string;
  readonly authRevision: number;
}
export const PasswordResponse: Message<PasswordResponse> = new Message("PasswordResponse", [
  f("header", "header", 1, "message", { message: () => ResponseHeader }),
  f("hashed_password", "hashedPassword", 2, "string"),
  f("auth_revision", "authRevision", 3, "uint64"),
], () => ({
  header: undefined,
  hashedPassword: "",
  authRevision: 0,
}));

/**
 * The answer to a Request or a Query. In its header only the revision is filled in: cluster,
 * member and term are the host's.
 */
export interface Response {
  readonly put: PutResponse | undefined;
  readonly deleteRange: DeleteRangeResponse | undefined;
  readonly txn: TxnResponse | undefined;
  readonly compaction: CompactionResponse | undefined;
  readonly leaseGrant: LeaseGrantResponse | undefined;
  readonly leaseRevoke: LeaseRevokeResponse | undefined;
  readonly leaseCheckpoint: LeaseCheckpointResponse | undefined;
  readonly alarm: AlarmResponse | undefined;
  readonly authenticate: AuthenticateResponse | undefined;
  readonly authEnable: AuthEnableResponse | undefined;
  readonly authDisable: AuthDisableResponse | undefined;
  readonly authUserAdd: AuthUserAddResponse | undefined;
  readonly authUserDelete: AuthUserDeleteResponse | undefined;
  readonly authUserChangePassword: AuthUserChangePasswordResponse | undefined;
  readonly authUserGrantRole: AuthUserGrantRoleResponse | undefined;
  readonly authUserRevokeRole: AuthUserRevokeRoleResponse | undefined;
  readonly authRoleAdd: AuthRoleAddResponse | undefined;
  readonly authRoleDelete: AuthRoleDeleteResponse | undefined;
  readonly authRoleGrantPermission: AuthRoleGrantPermissionResponse | undefined;
  readonly authRoleRevokePermission: AuthRoleRevokePermissionResponse | undefined;
  /** Member attributes, cluster version, downgrade info: nothing to say. */
  readonly empty: Empty | undefined;
  readonly memberUpdate: MemberUpdateResponse | undefined;
  readonly range: RangeResponse | undefined;
  readonly leaseTimeToLive: LeaseTimeToLiveResponse | undefined;
  readonly leaseLeases: LeaseLeasesResponse | undefined;
  readonly memberList: MemberListResponse | undefined;
  readonly authStatus: AuthStatusResponse | undefined;
  readonly authUserGet: AuthUserGetResponse | undefined;
  readonly authUserList: AuthUserListResponse | undefined;
  readonly authRoleGet: AuthRoleGetResponse | undefined;
  readonly authRoleList: AuthRoleListResponse | undefined;
  readonly hashKv: HashKVResponse | undefined;
  readonly hash: HashResponse | undefined;
  readonly watch: WatchResponse | undefined;
  readonly password: PasswordResponse | undefined;
  /**
   * Of a range that did not fit its page: ask again with page_key = next_key and the revision that
   * header.revision (or the request) names. Empty on the last page.
   */
  readonly nextKey: Uint8Array;
}
export const Response: Message<Response> = new Message("Response", [
  f("put", "put", 16, "message", { oneof: "body", message: () => PutResponse }),
  f("delete_range", "deleteRange", 17, "message", { oneof: "body", message: () => DeleteRangeResponse }),
  f("txn", "txn", 18, "message", { oneof: "body", message: () => TxnResponse }),
  f("compaction", "compaction", 19, "message", { oneof: "body", message: () => CompactionResponse }),
  f("lease_grant", "leaseGrant", 20, "message", { oneof: "body", message: () => LeaseGrantResponse }),
  f("lease_revoke", "leaseRevoke", 21, "message", { oneof: "body", message: () => LeaseRevokeResponse }),
  f("lease_checkpoint", "leaseCheckpoint", 22, "message", { oneof: "body", message: () => LeaseCheckpointResponse }),
  f("alarm", "alarm", 23, "message", { oneof: "body", message: () => AlarmResponse }),
  f("authenticate", "authenticate", 26, "message", { oneof: "body", message: () => AuthenticateResponse }),
  f("auth_enable", "authEnable", 27, "message", { oneof: "body", message: () => AuthEnableResponse }),
  f("auth_disable", "authDisable", 28, "message", { oneof: "body", message: () => AuthDisableResponse }),
  f("auth_user_add", "authUserAdd", 29, "message", { oneof: "body", message: () => AuthUserAddResponse }),
  f("auth_user_delete", "authUserDelete", 30, "message", { oneof: "body", message: () => AuthUserDeleteResponse }),
  f("auth_user_change_password", "authUserChangePassword", 31, "message", { oneof: "body", message: () => AuthUserChangePasswordResponse }),
  f("auth_user_grant_role", "authUserGrantRole", 32, "message", { oneof: "body", message: () => AuthUserGrantRoleResponse }),
  f("auth_user_revoke_role", "authUserRevokeRole", 33, "message", { oneof: "body", message: () => AuthUserRevokeRoleResponse }),
  f("auth_role_add", "authRoleAdd", 34, "message", { oneof: "body", message: () => AuthRoleAddResponse }),
  f("auth_role_delete", "authRoleDelete", 35, "message", { oneof: "body", message: () => AuthRoleDeleteResponse }),
  f("auth_role_grant_permission", "authRoleGrantPermission", 36, "message", { oneof: "body", message: () => AuthRoleGrantPermissionResponse }),
  f("auth_role_revoke_permission", "authRoleRevokePermission", 37, "message", { oneof: "body", message: () => AuthRoleRevokePermissionResponse }),
  f("empty", "empty", 38, "message", { oneof: "body", message: () => Empty }),
  f("member_update", "memberUpdate", 39, "message", { oneof: "body", message: () => MemberUpdateResponse }),
  f("range", "range", 50, "message", { oneof: "body", message: () => RangeResponse }),
  f("lease_time_to_live", "leaseTimeToLive", 51, "message", { oneof: "body", message: () => LeaseTimeToLiveResponse }),
  f("lease_leases", "leaseLeases", 52, "message", { oneof: "body", message: () => LeaseLeasesResponse }),
  f("member_list", "memberList", 53, "message", { oneof: "body", message: () => MemberListResponse }),
  f("auth_status", "authStatus", 54, "message", { oneof: "body", message: () => AuthStatusResponse }),
  f("auth_user_get", "authUserGet", 55, "message", { oneof: "body", message: () => AuthUserGetResponse }),
  f("auth_user_list", "authUserList", 56, "message", { oneof: "body", message: () => AuthUserListResponse }),
  f("auth_role_get", "authRoleGet", 57, "message", { oneof: "body", message: () => AuthRoleGetResponse }),
  f("auth_role_list", "authRoleList", 58, "message", { oneof: "body", message: () => AuthRoleListResponse }),
  f("hash_kv", "hashKv", 59, "message", { oneof: "body", message: () => HashKVResponse }),
  f("hash", "hash", 60, "message", { oneof: "body", message: () => HashResponse }),
  f("watch", "watch", 61, "message", { oneof: "body", message: () => WatchResponse }),
  f("password", "password", 62, "message", { oneof: "body", message: () => PasswordResponse }),
  f("next_key", "nextKey", 1, "bytes"),
], () => ({
  put: undefined,
  deleteRange: undefined,
  txn: undefined,
  compaction: undefined,
  leaseGrant: undefined,
  leaseRevoke: undefined,
  leaseCheckpoint: undefined,
  alarm: undefined,
  authenticate: undefined,
  authEnable: undefined,
  authDisable: undefined,
  authUserAdd: undefined,
  authUserDelete: undefined,
  authUserChangePassword: undefined,
  authUserGrantRole: undefined,
  authUserRevokeRole: undefined,
  authRoleAdd: undefined,
  authRoleDelete: undefined,
  authRoleGrantPermission: undefined,
  authRoleRevokePermission: undefined,
  empty: undefined,
  memberUpdate: undefined,
  range: undefined,
  leaseTimeToLive: undefined,
  leaseLeases: undefined,
  memberList: undefined,
  authStatus: undefined,
  authUserGet: undefined,
  authUserList: undefined,
  authRoleGet: undefined,
  authRoleList: undefined,
  hashKv: undefined,
  hash: undefined,
  watch: undefined,
  password: undefined,
  nextKey: noBytes,
}));

export interface Empty {
}
export const Empty: Message<Empty> = new Message("Empty", [
], () => ({
}));

export interface MemberAttributesRequest {
  readonly ID: bigint;
  readonly name: string;
  readonly clientURLs: readonly string[];
}
export const MemberAttributesRequest: Message<MemberAttributesRequest> = new Message("MemberAttributesRequest", [
  f("ID", "ID", 1, "uint64", { wide: true }),
  f("name", "name", 2, "string"),
  f("clientURLs", "clientURLs", 3, "string", { repeated: true }),
], () => ({
  ID: 0n,
  name: "",
  clientURLs: noItems,
}));

export interface ClusterVersionSetRequest {
  readonly version: string;
}
export const ClusterVersionSetRequest: Message<ClusterVersionSetRequest> = new Message("ClusterVersionSetRequest", [
  f("version", "version", 1, "string"),
], () => ({
  version: "",
}));

export interface DowngradeInfoSetRequest {
  readonly enabled: boolean;
  readonly version: string;
}
export const DowngradeInfoSetRequest: Message<DowngradeInfoSetRequest> = new Message("DowngradeInfoSetRequest", [
  f("enabled", "enabled", 1, "bool"),
  f("version", "version", 2, "string"),
], () => ({
  enabled: false,
  version: "",
}));

/** The password was checked by whoever proposes; the token's random part comes with the entry. */
export interface InternalAuthenticateRequest {
  readonly name: string;
  readonly simpleToken: string;
  /** As of which the password was checked: refused (revision of auth store is old) after it. */
  readonly authRevision: number;
}
export const InternalAuthenticateRequest: Message<InternalAuthenticateRequest> = new Message("InternalAuthenticateRequest", [
  f("name", "name", 1, "string"),
  f("simple_token", "simpleToken", 2, "string"),
  f("auth_revision", "authRevision", 3, "uint64"),
], () => ({
  name: "",
  simpleToken: "",
  authRevision: 0,
}));

/**
 * What an entry did, for as long as its request id is remembered; at most 64 bytes. The rest of an
 * answer is read again at `revision`.
 */
export interface Outcome {
  /** The store's revision after the entry; 0 for one that was refused. */
  readonly revision: number;
  /**
   * Which branch each transaction took, in the order in which they were begun: bit n of byte n/8.
   * Empty where they do not fit: then the comparisons are made again.
   */
  readonly branches: Uint8Array;
  /** errorNumber of the declared error; 0 for none. */
  readonly error: number;
  /** What a lease was granted, in seconds. */
  readonly TTL: number;
  /** The entry made `revision`; of an alarm: it changed. */
  readonly changed: boolean;
}
export const Outcome: Message<Outcome> = new Message("Outcome", [
  f("revision", "revision", 1, "int64"),
  f("branches", "branches", 2, "bytes"),
  f("error", "error", 3, "uint32"),
  f("TTL", "TTL", 4, "int64"),
  f("changed", "changed", 5, "bool"),
], () => ({
  revision: 0,
  branches: noBytes,
  error: 0,
  TTL: 0,
  changed: false,
}));

export interface RememberedRequest {
  readonly requestId: Uint8Array;
  readonly index: number;
  readonly outcome: Outcome | undefined;
}
export const RememberedRequest: Message<RememberedRequest> = new Message("RememberedRequest", [
  f("request_id", "requestId", 1, "bytes"),
  f("index", "index", 2, "uint64"),
  f("outcome", "outcome", 3, "message", { message: () => Outcome }),
], () => ({
  requestId: noBytes,
  index: 0,
  outcome: undefined,
}));

export interface RequestTable {
  readonly requests: readonly RememberedRequest[];
}
export const RequestTable: Message<RequestTable> = new Message("RequestTable", [
  f("requests", "requests", 1, "message", { repeated: true, message: () => RememberedRequest }),
], () => ({
  requests: noItems,
}));

/** Everything of the state but the rows of the base. */
export interface Manifest {
  /** Version of this format; 1. */
  readonly format: number;
  readonly index: number;
  readonly term: number;
  readonly revision: number;
  /** -1 on a store that was never compacted. */
  readonly compactRevision: number;
  /** Version and 16 bytes, big-endian. */
  readonly fingerprintVersion: number;
  readonly fingerprint: Uint8Array;
  /** The sum of the live keys' records alone, which staged rows are held against. */
  readonly keyFingerprint: Uint8Array;
  /** Live keys and the bytes of their rows. */
  readonly keyCount: number;
  readonly liveBytes: number;
  /** RequestTable, as bytes. */
  readonly requests: Uint8Array;
  readonly tables: readonly ManifestTable[];
  /**
   * What is stored beside what lives, by the revision whose compaction frees it, ascending. None in
   * the manifests of older versions: their history is then not counted until it is compacted.
   */
  readonly superseded: readonly FreedBytes[];
  /**
   * What it costs to pass those versions, in the units of src/kv/work/work.ts, from the entry on that
   * raised the cluster version to 2.
   */
  readonly dead: readonly FreedBytes[];
}
export const Manifest: Message<Manifest> = new Message("Manifest", [
  f("format", "format", 1, "uint32"),
  f("index", "index", 2, "uint64"),
  f("term", "term", 3, "uint64"),
  f("revision", "revision", 4, "int64"),
  f("compact_revision", "compactRevision", 5, "int64"),
  f("fingerprint_version", "fingerprintVersion", 6, "uint32"),
  f("fingerprint", "fingerprint", 7, "bytes"),
  f("key_fingerprint", "keyFingerprint", 8, "bytes"),
  f("key_count", "keyCount", 9, "uint64"),
  f("live_bytes", "liveBytes", 10, "uint64"),
  f("requests", "requests", 11, "bytes"),
  f("tables", "tables", 12, "message", { repeated: true, message: () => ManifestTable }),
  f("superseded", "superseded", 13, "message", { repeated: true, message: () => FreedBytes }),
  f("dead", "dead", 14, "message", { repeated: true, message: () => FreedBytes }),
], () => ({
  format: 0,
  index: 0,
  term: 0,
  revision: 0,
  compactRevision: 0,
  fingerprintVersion: 0,
  fingerprint: noBytes,
  keyFingerprint: noBytes,
  keyCount: 0,
  liveBytes: 0,
  requests: noBytes,
  tables: noItems,
  superseded: noItems,
  dead: noItems,
}));

export interface FreedBytes {
  readonly revision: number;
  readonly bytes: number;
}
export const FreedBytes: Message<FreedBytes> = new Message("FreedBytes", [
  f("revision", "revision", 1, "int64"),
  f("bytes", "bytes", 2, "uint64"),
], () => ({
  revision: 0,
  bytes: 0,
}));

export interface ManifestTable {
  readonly name: string;
  readonly data: Uint8Array;
}
export const ManifestTable: Message<ManifestTable> = new Message("ManifestTable", [
  f("name", "name", 1, "string"),
  f("data", "data", 2, "bytes"),
], () => ({
  name: "",
  data: noBytes,
}));

export interface LeaseRecord {
  readonly ID: bigint;
  readonly TTL: number;
  /** The remaining TTL that was checkpointed; 0 where none was. */
  readonly remainingTTL: number;
}
export const LeaseRecord: Message<LeaseRecord> = new Message("LeaseRecord", [
  f("ID", "ID", 1, "int64", { wide: true }),
  f("TTL", "TTL", 2, "int64"),
  f("remaining_TTL", "remainingTTL", 3, "int64"),
], () => ({
  ID: 0n,
  TTL: 0,
  remainingTTL: 0,
}));

export interface LeaseTable {
  readonly leases: readonly LeaseRecord[];
}
export const LeaseTable: Message<LeaseTable> = new Message("LeaseTable", [
  f("leases", "leases", 1, "message", { repeated: true, message: () => LeaseRecord }),
], () => ({
  leases: noItems,
}));

export interface AlarmTable {
  readonly alarms: readonly AlarmMember[];
}
export const AlarmTable: Message<AlarmTable> = new Message("AlarmTable", [
  f("alarms", "alarms", 1, "message", { repeated: true, message: () => AlarmMember }),
], () => ({
  alarms: noItems,
}));

export interface User {
  readonly name: string;
  readonly password: string;
  readonly roles: readonly string[];
  readonly noPassword: boolean;
}
export const User: Message<User> = new Message("User", [
  f("name", "name", 1, "string"),
  f("password", "password", 2, "string"),
  f("roles", "roles", 3, "string", { repeated: true }),
  f("no_password", "noPassword", 4, "bool"),
], () => ({
  name: "",
  password: "",
  roles: noItems,
  noPassword: false,
}));

export interface Role {
  readonly name: string;
  readonly permissions: readonly Permission[];
}
export const Role: Message<Role> = new Message("Role", [
  f("name", "name", 1, "string"),
  f("permissions", "permissions", 2, "message", { repeated: true, message: () => Permission }),
], () => ({
  name: "",
  permissions: noItems,
}));

export interface AuthTable {
  readonly enabled: boolean;
  readonly revision: number;
  readonly users: readonly User[];
  readonly roles: readonly Role[];
}
export const AuthTable: Message<AuthTable> = new Message("AuthTable", [
  f("enabled", "enabled", 1, "bool"),
  f("revision", "revision", 2, "uint64"),
  f("users", "users", 3, "message", { repeated: true, message: () => User }),
  f("roles", "roles", 4, "message", { repeated: true, message: () => Role }),
], () => ({
  enabled: false,
  revision: 0,
  users: noItems,
  roles: noItems,
}));

/** One member of the configuration. */
export interface MemberRecord {
  readonly ID: number;
  /** 8 bytes, made with the member's storage. */
  readonly instanceId: Uint8Array;
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
  readonly isLearner: boolean;
  readonly locationHint: string;
}
export const MemberRecord: Message<MemberRecord> = new Message("MemberRecord", [
  f("ID", "ID", 1, "uint64"),
  f("instance_id", "instanceId", 2, "bytes"),
  f("name", "name", 3, "string"),
  f("peerURLs", "peerURLs", 4, "string", { repeated: true }),
  f("clientURLs", "clientURLs", 5, "string", { repeated: true }),
  f("isLearner", "isLearner", 6, "bool"),
  f("location_hint", "locationHint", 7, "string"),
], () => ({
  ID: 0,
  instanceId: noBytes,
  name: "",
  peerURLs: noItems,
  clientURLs: noItems,
  isLearner: false,
  locationHint: "",
}));

/** The context of a configuration change: the member it adds or updates. */
export interface MemberContext {
  readonly member: MemberRecord | undefined;
  /** Turns a learner into a voter; nothing else of it changes. */
  readonly promote: boolean;
}
export const MemberContext: Message<MemberContext> = new Message("MemberContext", [
  f("member", "member", 1, "message", { message: () => MemberRecord }),
  f("promote", "promote", 2, "bool"),
], () => ({
  member: undefined,
  promote: false,
}));

export interface MemberTable {
  readonly members: readonly MemberRecord[];
  /** Never to be used again. */
  readonly removed: readonly number[];
  readonly clusterVersion: string;
  readonly downgradeEnabled: boolean;
  readonly downgradeTarget: string;
  /** raftpb.ConfState. */
  readonly voters: readonly number[];
  readonly learners: readonly number[];
  readonly votersOutgoing: readonly number[];
  readonly learnersNext: readonly number[];
  readonly autoLeave: boolean;
}
export const MemberTable: Message<MemberTable> = new Message("MemberTable", [
  f("members", "members", 1, "message", { repeated: true, message: () => MemberRecord }),
  f("removed", "removed", 2, "uint64", { repeated: true }),
  f("cluster_version", "clusterVersion", 3, "string"),
  f("downgrade_enabled", "downgradeEnabled", 4, "bool"),
  f("downgrade_target", "downgradeTarget", 5, "string"),
  f("voters", "voters", 6, "uint64", { repeated: true }),
  f("learners", "learners", 7, "uint64", { repeated: true }),
  f("voters_outgoing", "votersOutgoing", 8, "uint64", { repeated: true }),
  f("learners_next", "learnersNext", 9, "uint64", { repeated: true }),
  f("auto_leave", "autoLeave", 10, "bool"),
], () => ({
  members: noItems,
  removed: noItems,
  clusterVersion: "",
  downgradeEnabled: false,
  downgradeTarget: "",
  voters: noItems,
  learners: noItems,
  votersOutgoing: noItems,
  learnersNext: noItems,
  autoLeave: false,
}));

/** One piece of a transfer: first all rows by key, then the history by revision. */
export interface Chunk {
  /** Version of this format; 1. */
  readonly format: number;
  /** Delta transfers carry rows above this revision only; 0 for all. */
  readonly aboveRevision: number;
  /** Where it begins: the cursor that was asked for. */
  readonly cursor: Uint8Array;
  readonly rows: readonly TransferRow[];
  readonly history: readonly TransferHistory[];
  /** Empty on the last chunk, which carries the totals. */
  readonly nextCursor: Uint8Array;
  readonly totals: TransferTotals | undefined;
}
export const Chunk: Message<Chunk> = new Message("Chunk", [
  f("format", "format", 1, "uint32"),
  f("above_revision", "aboveRevision", 2, "int64"),
  f("cursor", "cursor", 3, "bytes"),
  f("rows", "rows", 4, "message", { repeated: true, message: () => TransferRow }),
  f("history", "history", 5, "message", { repeated: true, message: () => TransferHistory }),
  f("next_cursor", "nextCursor", 6, "bytes"),
  f("totals", "totals", 7, "message", { message: () => TransferTotals }),
], () => ({
  format: 0,
  aboveRevision: 0,
  cursor: noBytes,
  rows: noItems,
  history: noItems,
  nextCursor: noBytes,
  totals: undefined,
}));

/** One version of a key. A tombstone has version 0. */
export interface TransferRow {
  readonly kv: KeyValue | undefined;
  /** The second change of the key in its revision. */
  readonly second: boolean;
}
export const TransferRow: Message<TransferRow> = new Message("TransferRow", [
  f("kv", "kv", 1, "message", { message: () => KeyValue }),
  f("second", "second", 2, "bool"),
], () => ({
  kv: undefined,
  second: false,
}));

export interface TransferHistory {
  readonly key: Uint8Array;
  readonly revision: number;
  readonly second: boolean;
}
export const TransferHistory: Message<TransferHistory> = new Message("TransferHistory", [
  f("key", "key", 1, "bytes"),
  f("revision", "revision", 2, "int64"),
  f("second", "second", 3, "bool"),
], () => ({
  key: noBytes,
  revision: 0,
  second: false,
}));

/** What was sent up to some point. */
export interface TransferTotals {
  readonly rows: number;
  readonly history: number;
  /** The sum modulo 2^128 of the hash of each; 16 bytes, big-endian. */
  readonly sum: Uint8Array;
}
export const TransferTotals: Message<TransferTotals> = new Message("TransferTotals", [
  f("rows", "rows", 1, "uint64"),
  f("history", "history", 2, "uint64"),
  f("sum", "sum", 3, "bytes"),
], () => ({
  rows: 0,
  history: 0,
  sum: noBytes,
}));

/** A place in a transfer, with what was sent before it, so that whoever sends keeps nothing. */
export interface TransferCursor {
  readonly sent: TransferTotals | undefined;
  /** The last row that was sent. */
  readonly key: Uint8Array;
  readonly rank: number;
  /** The rows are done: the next entry is this many entries into the history of this revision. */
  readonly revision: number;
  readonly entry: number;
  /** Absent where a version that did not check what it sends has begun. */
  readonly audit: AuditState | undefined;
}
export const TransferCursor: Message<TransferCursor> = new Message("TransferCursor", [
  f("sent", "sent", 1, "message", { message: () => TransferTotals }),
  f("key", "key", 2, "bytes"),
  f("rank", "rank", 3, "int64"),
  f("revision", "revision", 4, "int64"),
  f("entry", "entry", 5, "uint64"),
  f("audit", "audit", 6, "message", { message: () => AuditState }),
], () => ({
  sent: undefined,
  key: noBytes,
  rank: 0,
  revision: 0,
  entry: 0,
  audit: undefined,
}));

/** How far the check of a base against its manifest is; see audit.ts. */
export interface AuditState {
  /** The sum of the live keys' records so far, and the record of the last row where that lives. */
  readonly keyFingerprint: Uint8Array;
  readonly lastRecord: Uint8Array;
  readonly keys: number;
  /** The sum of the rows above the compaction less that of their entries in the history. */
  readonly balance: Uint8Array;
  /** The last row's. */
  readonly lastKey: Uint8Array;
  readonly lastVersion: number;
}
export const AuditState: Message<AuditState> = new Message("AuditState", [
  f("key_fingerprint", "keyFingerprint", 1, "bytes"),
  f("last_record", "lastRecord", 2, "bytes"),
  f("keys", "keys", 3, "uint64"),
  f("balance", "balance", 4, "bytes"),
  f("last_key", "lastKey", 5, "bytes"),
  f("last_version", "lastVersion", 6, "int64"),
], () => ({
  keyFingerprint: noBytes,
  lastRecord: noBytes,
  keys: 0,
  balance: noBytes,
  lastKey: noBytes,
  lastVersion: 0,
}));

/** How far a staging generation is. */
export interface StagingProgress {
  readonly nextCursor: Uint8Array;
  readonly complete: boolean;
  readonly received: TransferTotals | undefined;
  /** The sum of the live keys' records so far, and the record that a newer row of its key takes out. */
  readonly keyFingerprint: Uint8Array;
  readonly lastKey: Uint8Array;
  readonly lastRecord: Uint8Array;
}
export const StagingProgress: Message<StagingProgress> = new Message("StagingProgress", [
  f("next_cursor", "nextCursor", 1, "bytes"),
  f("complete", "complete", 2, "bool"),
  f("received", "received", 3, "message", { message: () => TransferTotals }),
  f("key_fingerprint", "keyFingerprint", 4, "bytes"),
  f("last_key", "lastKey", 5, "bytes"),
  f("last_record", "lastRecord", 6, "bytes"),
], () => ({
  nextCursor: noBytes,
  complete: false,
  received: undefined,
  keyFingerprint: noBytes,
  lastKey: noBytes,
  lastRecord: noBytes,
}));
