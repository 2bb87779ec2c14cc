import assert from "node:assert/strict";
import { test } from "node:test";
import type { ErrorKind } from "../../../../src/etcd/errors.ts";
import { errors, KvError } from "../../../../src/etcd/errors.ts";
import type { ClusterView } from "../../../../src/kv/members/reconfiguration.ts";
import {
  checkAdd,
  checkPeerUrls,
  checkPromote,
  checkRemove,
  checkUpdate,
  maxMemberId,
  nextMemberId,
} from "../../../../src/kv/members/reconfiguration.ts";
import { MemberRecord } from "../../../../src/proto/generated/kv.ts";

interface Each {
  readonly learner?: boolean;
  readonly started?: boolean;
  /** undefined: it is silent. */
  readonly activeForMs?: number | undefined;
  readonly match?: number;
}

/** Members 1, 2, ...; the first leads. */
function cluster(each: readonly Each[], removed: readonly number[] = []): ClusterView {
  const at = (id: number) => each[id - 1];
  return {
    members: each.map(({ learner = false, started = true }, i) =>
      MemberRecord.create({
        ID: i + 1,
        peerURLs: [`http://m${i + 1}:2380`],
        isLearner: learner,
        instanceId: new Uint8Array(started ? 8 : 0),
      }),
    ),
    removed,
    leader: 1,
    activeForMs: (id) => {
      const member = at(id);
      return member && "activeForMs" in member ? member.activeForMs : 60_000;
    },
    match: (id) => at(id)?.match ?? 100,
  };
}

const voter = { id: 9, peerURLs: ["http://new:2380"], isLearner: false };
const learner = { ...voter, isLearner: true };
const silent: Each = { activeForMs: undefined };
const absent: Each = { started: false, activeForMs: undefined };

function refuses(kind: ErrorKind, action: () => void): void {
  assert.throws(action, (error) => error instanceof KvError && error.kind === kind);
}

test("peer URLs are scheme://host:port", () => {
  for (const url of ["http://a:1", "https://[::1]:2380", "unix://sock:0", "HTTP://x:65535"]) {
    checkPeerUrls([url]);
  }
  const bad = ["", "a", "http://a", "ftp://a:1", "http://a:1/", "http://a:1/x", "http://a:b"];
  for (const url of [...bad, "http://a:1?x", "http://u@a:1", "//a:1", "http:// a:1"]) {
    refuses(errors.memberBadUrls, () => checkPeerUrls([url]));
  }
  refuses(errors.memberBadUrls, () => checkPeerUrls([]));
  refuses(errors.memberBadUrls, () => checkPeerUrls(["http://a:1", "x"]));
});

test("ids are never given out twice", () => {
  assert.equal(nextMemberId({ members: [], removed: [] }), 1);
  assert.equal(nextMemberId(cluster([{}, {}])), 3);
  assert.equal(nextMemberId(cluster([{}, {}], [7])), 8);
  assert.equal(nextMemberId(cluster([{}, {}], [maxMemberId - 1])), maxMemberId);
  refuses(errors.memberIdExists, () => checkAdd(cluster([{}, {}, {}], [9]), voter));
  refuses(errors.memberIdExists, () => checkAdd(cluster([{}, {}]), { ...voter, id: 2 }));
});

test("a URL belongs to one member", () => {
  const taken = { ...voter, peerURLs: ["http://new:1", "http://m2:2380"] };
  refuses(errors.peerUrlExists, () => checkAdd(cluster([{}, {}, {}]), taken));
  refuses(errors.peerUrlExists, () => checkUpdate(cluster([{}, {}]), 1, ["http://m2:2380"]));
  checkUpdate(cluster([{}, {}]), 2, ["http://m2:2380"]);
  refuses(errors.memberNotFound, () => checkUpdate(cluster([{}, {}]), 3, []));
});

test("a voter needs a quorum of the new size that has started; one may become two", () => {
  checkAdd(cluster([{}]), voter);
  checkAdd(cluster([{}, {}, {}]), voter);
  checkAdd(cluster([{}, {}]), voter);
  refuses(errors.memberNotEnoughStarted, () => checkAdd(cluster([{}, absent]), voter));
  refuses(errors.memberNotEnoughStarted, () => checkAdd(cluster([{}, {}, absent]), voter));
  checkAdd(cluster([{}, {}, absent]), learner);
});

test("a voter needs a majority that has answered for 5 seconds", () => {
  checkAdd(cluster([{}, {}, silent]), voter);
  refuses(errors.unhealthy, () => checkAdd(cluster([{}, { activeForMs: 4999 }, silent]), voter));
  checkAdd(cluster([{}, { activeForMs: 5000 }, silent]), voter);
  checkAdd(cluster([{}, silent, silent]), learner);
});

test("there is one learner at most", () => {
  refuses(errors.tooManyLearners, () => checkAdd(cluster([{}, { learner: true }]), learner));
  checkAdd(cluster([{}, {}, { learner: true }]), voter);
});

test("only a learner is promoted, and only once it has nine tenths of the log", () => {
  const three = (match: number) => cluster([{}, {}, { learner: true, match }]);
  refuses(errors.memberNotFound, () => checkPromote(three(100), 4));
  refuses(errors.memberNotLearner, () => checkPromote(three(100), 2));
  refuses(errors.learnerNotReady, () => checkPromote(three(89), 3));
  checkPromote(three(90), 3);
  const gone = cluster([{}, {}, { learner: true, activeForMs: undefined }]);
  refuses(errors.learnerNotReady, () => checkPromote(gone, 3));
  const lame = cluster([{}, absent, absent, { learner: true }]);
  refuses(errors.memberNotEnoughStarted, () => checkPromote(lame, 4));
});

test("a member goes only if the others can go on", () => {
  refuses(errors.memberNotFound, () => checkRemove(cluster([{}]), 2));
  refuses(errors.memberNotEnoughStarted, () => checkRemove(cluster([{}]), 1));
  checkRemove(cluster([{}, {}, {}]), 3);
  checkRemove(cluster([{}, {}, {}]), 1);
  checkRemove(cluster([{}, { learner: true, started: false }]), 2);
  const halfStarted = cluster([{}, {}, absent]);
  refuses(errors.memberNotEnoughStarted, () => checkRemove(halfStarted, 2));
  checkRemove(halfStarted, 3);
  refuses(errors.unhealthy, () => checkRemove(cluster([{}, {}, silent]), 2));
  refuses(errors.unhealthy, () => checkRemove(cluster([{}, {}, silent]), 1));
  checkRemove(cluster([{}, silent, silent]), 2);
});

test("no id that somebody chose ends those that are given out by themselves", () => {
  for (const id of [0, -1, 1.5, maxMemberId + 1, 2 ** 53 - 1, Number.NaN]) {
    refuses(errors.memberIdRange, () => checkAdd(cluster([{}, {}, {}]), { ...learner, id }));
  }
  checkAdd(cluster([{}, {}, {}]), { ...learner, id: maxMemberId });
  // Also where it was taken before there was a bound, and was never given out twice.
  for (const highest of [maxMemberId, 2 ** 53 - 1]) {
    assert.equal(nextMemberId(cluster([{}, {}], [highest])), 3);
    assert.equal(nextMemberId(cluster([{}, {}], [3, 4, highest])), 5);
  }
});
