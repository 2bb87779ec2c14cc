/**
 * Every difference from the recorded reference that is meant, each with its reason. A rule says
 * what is expected instead, so that what is accepted is pinned down too; one that no step needs
 * fails.
 */
import type { Answer } from "./normalise.ts";

export interface Rule {
  readonly reason: string;
  /** Names of steps. */
  readonly steps: RegExp;
  /** The answer expected in place of the reference's. */
  readonly expected: (reference: Answer) => Answer;
}

/** Matches any value in an expected answer. */
export const any = "<any>";

type Body = Readonly<Record<string, unknown>>;

const bodyOf = ({ body }: Answer): Body => (body ?? {}) as Body;
const withBody = (answer: Answer, more: Body): Answer => ({
  ...answer,
  body: { ...bodyOf(answer), ...more },
});
const header = { cluster_id: any, member_id: any, revision: any, raft_term: any };
const refused = (status: number, error: string, code: number) => (): Answer => ({
  status,
  body: { error, code },
});
const malformed = refused(400, "<decoder's text>", 3);
const read = (key: string, value: string) => (): Answer => ({
  status: 200,
  body: {
    header,
    kvs: [{ key, create_revision: any, mod_revision: any, version: "1", value }],
    count: "1",
  },
});

export const rules: readonly Rule[] = [
  {
    reason: "browsers are let use every header and method that there is here",
    steps: /^plain: OPTIONS/,
    expected: (reference) => ({
      ...reference,
      headers: {
        ...reference.headers,
        "access-control-allow-methods": "GET, HEAD, POST, PUT, DELETE, OPTIONS",
        "access-control-allow-headers": any,
      },
    }),
  },
  {
    reason: "3.6 answers an unknown path under /v3/ in JSON",
    steps: /^(paths: (an unknown|a trailing|\/v3\/|RangeStream)|lease: there is no older)/,
    expected: refused(404, "Not Found", 5),
  },
  {
    reason: "3.6 answers a wrong HTTP method under /v3/ with Unimplemented",
    steps: /^paths: (GET|PUT|DELETE) of a method$/,
    expected: refused(501, "Method Not Allowed", 12),
  },
  {
    reason: "a path outside the API is refused in JSON like any other, with etcd's text in it",
    steps: /^(plain: (anything else|the root)|paths: the oldest prefix)$/,
    expected: (reference) => ({
      status: 404,
      body: { error: "404 page not found", code: 5 },
      ...(reference.headers && { headers: { "content-type": "application/json" } }),
    }),
  },
  {
    reason: "alarm has a header since 3.5",
    steps: /^alarm: (none|(de)?activate|list|still)/,
    expected: (reference) => withBody(reference, { header }),
  },
  {
    reason: "health gives a reason since 3.5",
    steps: /^(alarm|plain|auth): (corrupt: |without a token: )?health/,
    expected: (reference) => withBody(reference, { reason: healthReason(reference) }),
  },
  {
    reason: "the version is 3.6's, whose answer names the storage too",
    steps: /^(plain|auth): (without a token: )?version$/,
    expected: (reference) => ({
      ...reference,
      body: { etcdserver: any, etcdcluster: "3.6.0", storage: "3.6.0" },
    }),
  },
  {
    reason: "status says more since 3.6",
    steps: /^(maintenance|alarm|auth): status/,
    expected: (reference) =>
      withBody(reference, {
        ...{ version: any, storageVersion: "3.6.0", dbSizeQuota: any, downgradeInfo: {} },
      }),
  },
  {
    reason: "3.6 takes integral numbers written with a point or an exponent",
    steps: /^mapping: 1(e0|\.0)$/,
    expected: read("eA==", "MQ=="),
  },
  {
    reason: "3.6 takes base64 without padding",
    steps: /^mapping: no padding$/,
    expected: read("eA==", "MQ=="),
  },
  {
    reason: "3.6 takes the URL-safe alphabet",
    steps: /^mapping: the URL-safe alphabet$/,
    expected: read("bWFwLz8+", "Pz4/Pg=="),
  },
  {
    reason: "3.6 takes no list of numbers for bytes",
    steps: /^mapping: bytes as an array of numbers$/,
    expected: malformed,
  },
  {
    reason: "a member is an object that starts as soon as it is added, and so has a name and URLs",
    steps: /^cluster: add a learner$/,
    expected: (reference) =>
      withBody(reference, {
        member: {
          ...{ ID: "<added>", name: any, peerURLs: ["http://127.0.0.1:22380"] },
          ...{ clientURLs: any, isLearner: true },
        },
      }),
  },
  {
    reason: "a message of a snapshot names its storage version since 3.6",
    steps: /^maintenance: snapshot/,
    expected: ({ status }) => ({
      ...{ status, messages: [{ result: { blob: "<text>", version: "<text>" } }] },
    }),
  },
  {
    reason: "the variables of a Go program: there is none",
    steps: /^plain: debug vars$/,
    expected: () => ({ status: 200, body: { cmdline: "<list>" } }),
  },
];

function healthReason(reference: Answer): string {
  if (bodyOf(reference).health === "true") return "";
  return any;
}
