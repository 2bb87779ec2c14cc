import type { GrpcCode } from "./grpc-code.ts";

/** An error that a client may get. */
export interface ErrorKind {
  /** Stored in outcomes, so never reused for another error. */
  readonly number: number;
  readonly code: GrpcCode;
  readonly text: string;
}

const kinds: ErrorKind[] = [];

function kind(number: number, code: GrpcCode, text: string): ErrorKind {
  if (kinds[number] !== undefined) throw new Error(`error number ${number} twice: ${text}`);
  const made = { number, code, text };
  kinds[number] = made;
  return made;
}

/** etcd's errors (api/v3rpc/rpctypes/error.go) under its names, then our own. */
export const errors = {
  emptyKey: kind(1, 3, "etcdserver: key is not provided"),
  keyNotFound: kind(2, 3, "etcdserver: key not found"),
  valueProvided: kind(3, 3, "etcdserver: value is provided"),
  leaseProvided: kind(4, 3, "etcdserver: lease is provided"),
  tooManyOps: kind(5, 3, "etcdserver: too many operations in txn request"),
  duplicateKey: kind(6, 3, "etcdserver: duplicate key given in txn request"),
  invalidClientApiVersion: kind(7, 3, "etcdserver: invalid client api version"),
  invalidSortOption: kind(8, 3, "etcdserver: invalid sort option"),
  compacted: kind(9, 11, "etcdserver: mvcc: required revision has been compacted"),
  futureRevision: kind(10, 11, "etcdserver: mvcc: required revision is a future revision"),
  noSpace: kind(11, 8, "etcdserver: mvcc: database space exceeded"),
  leaseNotFound: kind(12, 5, "etcdserver: requested lease not found"),
  leaseExists: kind(13, 9, "etcdserver: lease already exists"),
  leaseTtlTooLarge: kind(14, 11, "etcdserver: too large lease TTL"),
  memberIdExists: kind(15, 9, "etcdserver: member ID already exist"),
  peerUrlExists: kind(16, 9, "etcdserver: Peer URLs already exists"),
  memberNotEnoughStarted: kind(
    17,
    9,
    "etcdserver: re-configuration failed due to not enough started members",
  ),
  memberBadUrls: kind(18, 3, "etcdserver: given member URLs are invalid"),
  memberNotFound: kind(19, 5, "etcdserver: member not found"),
  memberNotLearner: kind(20, 9, "etcdserver: can only promote a learner member"),
  learnerNotReady: kind(
    21,
    9,
    "etcdserver: can only promote a learner member which is in sync with leader",
  ),
  tooManyLearners: kind(22, 9, "etcdserver: too many learner members in cluster"),
  requestTooLarge: kind(23, 3, "etcdserver: request is too large"),
  tooManyRequests: kind(24, 8, "etcdserver: too many requests"),
  rootUserNotExist: kind(25, 9, "etcdserver: root user does not exist"),
  rootRoleNotExist: kind(26, 9, "etcdserver: root user does not have root role"),
  userAlreadyExist: kind(27, 9, "etcdserver: user name already exists"),
  userEmpty: kind(28, 3, "etcdserver: user name is empty"),
  userNotFound: kind(29, 9, "etcdserver: user name not found"),
  roleAlreadyExist: kind(30, 9, "etcdserver: role name already exists"),
  roleNotFound: kind(31, 9, "etcdserver: role name not found"),
  roleEmpty: kind(32, 3, "etcdserver: role name is empty"),
  authFailed: kind(33, 3, "etcdserver: authentication failed, invalid user ID or password"),
  permissionNotGiven: kind(34, 3, "etcdserver: permission not given"),
  permissionDenied: kind(35, 7, "etcdserver: permission denied"),
  roleNotGranted: kind(36, 9, "etcdserver: role is not granted to the user"),
  permissionNotGranted: kind(37, 9, "etcdserver: permission is not granted to the role"),
  authNotEnabled: kind(38, 9, "etcdserver: authentication is not enabled"),
  invalidAuthToken: kind(39, 16, "etcdserver: invalid auth token"),
  invalidAuthManagement: kind(40, 3, "etcdserver: invalid auth management"),
  authOldRevision: kind(41, 3, "etcdserver: revision of auth store is old"),
  noLeader: kind(42, 14, "etcdserver: no leader"),
  notLeader: kind(43, 9, "etcdserver: not leader"),
  leaderChanged: kind(44, 14, "etcdserver: leader changed"),
  stopped: kind(45, 14, "etcdserver: server stopped"),
  timeout: kind(46, 14, "etcdserver: request timed out"),
  unhealthy: kind(47, 14, "etcdserver: unhealthy cluster"),
  corrupt: kind(48, 15, "etcdserver: corrupt cluster"),
  notSupportedForLearner: kind(49, 9, "etcdserver: rpc not supported for learner"),
  badLeaderTransferee: kind(50, 9, "etcdserver: bad leader transferee"),
  wrongDowngradeVersionFormat: kind(51, 3, "etcdserver: wrong downgrade target version format"),
  invalidDowngradeTargetVersion: kind(52, 3, "etcdserver: invalid downgrade target version"),
  downgradeInProcess: kind(53, 9, "etcdserver: cluster has a downgrade job in progress"),
  noInflightDowngrade: kind(54, 9, "etcdserver: no inflight downgrade job"),
  clusterVersionNotFound: kind(55, 9, "etcdserver: cluster version not found during downgrade"),
  notPrimaryLessor: kind(56, 2, "not a primary lessor"),
  noPasswordUser: kind(
    57,
    2,
    "auth: authentication failed, password was given for no password user",
  ),
  unknownMethod: kind(58, 2, "etcdserver: unknown method"),
  notCapable: kind(59, 9, "etcdserver: not capable"),
  clusterIdMismatch: kind(60, 9, "etcdserver: cluster ID mismatch"),
  /** The entry may be applied: its request id is no longer remembered. Never a failure. */
  unknownOutcome: kind(100, 14, "etcdserver: request timed out, its outcome is unknown"),
  /** The request was applied, but its answer's revision is compacted and cannot be read. */
  answerCompacted: kind(101, 14, "etcdserver: request was applied, its answer was compacted"),
  /** The answer exceeds its bound. A transaction with this error was applied. */
  responseTooLarge: kind(102, 8, "etcdserver: response is too large"),
  /** The request cannot be read by this member's version. */
  badRequest: kind(103, 3, "etcdserver: malformed request"),
  /** Deleted keys stay in memory until a checkpoint, so an entry may delete only so many. */
  tooManyDeletes: kind(104, 3, "etcdserver: too many keys in one delete, delete them in portions"),
  /** A lease's keys are deleted in one entry, which has that bound. */
  tooManyLeaseKeys: kind(105, 9, "etcdserver: too many keys on one lease, use several leases"),
  /** What one entry looks at is bounded by the time of a turn. */
  tooManyLooks: kind(106, 3, "etcdserver: too many keys in the ranges of one txn"),
  /** All walks, look-ups and changes of a request are counted. */
  tooMuchWork: kind(120, 3, "etcdserver: too much work in one request, ask for it in portions"),
  keyTooLong: kind(121, 3, "etcdserver: key is too long"),
  tooManyLeases: kind(122, 8, "etcdserver: too many leases"),
  /** All members keep the keys of all leases in memory. */
  tooManyLeasedKeys: kind(123, 8, "etcdserver: too many keys on leases"),
  tooMuchAuth: kind(124, 8, "etcdserver: too many users, roles or permissions"),
  /** The revision of a range in pages is compacted, and no longer held. */
  answerBrokeOff: kind(
    140,
    14,
    "etcdserver: the revision of a long answer is no longer held, ask again",
  ),
  /** Only the member that began a restore can continue it. Nothing changed before its end. */
  restoreInterrupted: kind(
    107,
    14,
    "the restore was interrupted and nothing has changed: repeat it",
  ),
  /**
   * Each attempt costs the derivation of a key, so attempts are bounded for each user and in all.
   */
  tooManyLogins: kind(110, 8, "etcdserver: too many attempts to log in, try again later"),
  /** An untrusted request does not create a cluster. */
  notBorn: kind(111, 14, "etcdserver: this cluster has not been used yet"),
  /** Requests without credentials for clusters that the front does not know yet. */
  tooManyIntroductions: kind(
    112,
    8,
    "etcdserver: too many requests without credentials for clusters that are not known, try again",
  ),
  watchKeyTooLarge: kind(125, 3, "etcdserver: key or range_end of a watch is too large"),
  /** Bounds what watches keep in a member, for all clients and for each. */
  tooManyWatchBytes: kind(126, 8, "etcdserver: too many bytes of keys are watched"),
  tooManyWatches: kind(127, 8, "etcdserver: too many watches"),
  tooManyStreams: kind(128, 8, "etcdserver: too many watch streams"),
  /** Bounds what a front keeps open for its clients. */
  tooManyOpen: kind(129, 8, "etcdserver: too many streams and waits are open"),
  memberIdRange: kind(115, 3, "etcdserver: member ID must be from 1 to 2147483647"),
  /** A member's disk is full, until there is room; other members may continue. */
  diskFull: kind(
    130,
    14,
    "etcdserver: the disk of a member is full: until there is room it answers serializable reads",
  ),
  /** Temporary: answers fill the memory of a member, or of the front. */
  tooManyAnswers: kind(900, 8, "etcdserver: too many bytes of answers wait for their clients"),
  /** The answer exceeds the room reserved for it, so more must be reserved first. */
  moreRoom: kind(901, 8, "etcdserver: there is no room for so large an answer"),
  timeoutLeaderFail: kind(
    902,
    14,
    "etcdserver: request timed out, possibly due to previous leader failure",
  ),
  timeoutConnectionLost: kind(
    903,
    14,
    "etcdserver: request timed out, possibly due to connection lost",
  ),
  /** Go's, of a context: etcd's lock and election answer it when their client has gone. */
  canceled: kind(904, 2, "context canceled"),
  /** Go's, of a context: the client's own deadline is over. */
  deadlineExceeded: kind(905, 4, "context deadline exceeded"),
  /** Of etcd's concurrency package, which has no codes. */
  electionNotLeader: kind(906, 2, "election: not leader"),
} as const satisfies Record<string, ErrorKind>;

const byText = new Map(
  Object.values<ErrorKind>(errors).map((one) => [keyOf(one.code, one.text), one]),
);

function keyOf(code: GrpcCode, text: string): string {
  return `${code} ${text}`;
}

/**
 * The kind of an error received from elsewhere. A number of 0 means no kind, or an older version
 * that sent none: the kind is then found by code and text.
 */
export function kindOf(number: number, code: GrpcCode, text: string): ErrorKind | undefined {
  return kinds[number] ?? byText.get(keyOf(code, text));
}

/** A request refused in etcd's words. Nothing has changed. */
export class KvError extends Error {
  override readonly name = "KvError";
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind) {
    super(kind.text);
    this.kind = kind;
  }

  get code(): GrpcCode {
    return this.kind.code;
  }
}

/** An entry that only a newer version can apply: a member that meets it must apply no more. */
export class UnknownEntryError extends Error {
  override readonly name = "UnknownEntryError";

  constructor(index: number, format: number) {
    super(`entry ${index}: a request of format ${format} not known here`);
  }
}

/** The error in a remembered outcome. Throws for a number that was never given. */
export function errorOf(number: number): KvError {
  const found = kinds[number];
  if (found === undefined) throw new Error(`no error has number ${number}`);
  return new KvError(found);
}
