/** Responses: their common headers, and the gateway's forms of them. */
import { type ErrorKind, errors } from "../../etcd/errors.ts";
import { GrpcCode } from "../../etcd/grpc-code.ts";
import { ApiError } from "../base/error.ts";

const cors = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "POST, GET, OPTIONS, PUT, DELETE",
  "access-control-allow-headers": "accept, content-type, authorization",
};

/** The answer to a preflight, the same for every path. */
const forBrowsers = {
  "access-control-allow-methods": "GET, HEAD, POST, PUT, DELETE, OPTIONS",
  "access-control-allow-headers":
    `${cors["access-control-allow-headers"]}, x-cluster, grpc-metadata-token, ` +
    "grpc-metadata-hasleader, grpc-timeout, if-match, if-none-match, last-event-id",
  "access-control-max-age": "7200",
};
/** Headers of a request that an answer may depend on. */
const vary = "accept, authorization, grpc-metadata-token, x-cluster";
/** Headers that a page's script may read, beside those it always may. */
const exposed =
  "etag, x-revision, x-create-revision, x-version, x-lease, allow, content-disposition, " +
  "content-length, retry-after, www-authenticate, grpc-metadata-content-type";

const jsonType = "application/json";
/** Headers of an answer of etcd's gateway. */
const gateway = { "content-type": jsonType, "grpc-metadata-content-type": "application/grpc" };

export type Headers = Readonly<Record<string, string>>;
export type Content = string | Uint8Array | ReadableStream<Uint8Array> | null;

const asItIs: Headers = { "content-encoding": "identity" };

/** A response with CORS headers, which no cache may keep. */
export function respond(status: number, content: Content, headers: Headers = {}): Response {
  // The gateway's clients read chunks of a stream as they come, so no proxy may recode them.
  const common: Headers = { ...cors, "cache-control": "no-store, no-transform", vary };
  // A development server would compress a stream, and hold it back until its end.
  const encoding: Headers = content instanceof ReadableStream ? asItIs : {};
  const expose = { "access-control-expose-headers": exposed };
  const all = { ...common, ...encoding, ...expose, ...headers };
  return new Response(content, { status, headers: all });
}

/** The answer to OPTIONS; `methods` are the path's. */
export function preflight(request: Request, methods: readonly string[]): Response {
  const wanted = request.headers.get("access-control-request-headers") ?? "";
  const names = wanted.toLowerCase().split(",");
  const metadata = names.map((name) => name.trim()).filter((name) => metadataName.test(name));
  const known = forBrowsers["access-control-allow-headers"].split(", ");
  const allowed = [...new Set([...known, ...metadata])].join(", ");
  return respond(200, null, {
    ...forBrowsers,
    ...(methods.length === 0 ? {} : { allow: [...methods, "OPTIONS"].join(", ") }),
    "access-control-allow-headers": allowed,
    vary: "origin, access-control-request-method, access-control-request-headers",
  });
}

const metadataName = /^grpc-metadata-[a-z0-9_-]{1,64}$/;

/** The answer to HEAD, made from that to GET. */
export function withoutBody({ status, headers, body }: Response): Response {
  void body?.cancel();
  return new Response(null, { status, headers });
}

export function text(status: number, content: string, headers: Headers = {}): Response {
  return respond(status, content, { "content-type": "text/plain; charset=utf-8", ...headers });
}

export function json(status: number, content: Content, headers: Headers = {}): Response {
  return respond(status, content, { "content-type": jsonType, ...headers });
}

/** Members' values as indented JSON, 64-bit ids as text. */
export const written = (value: unknown): string =>
  `${JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part), 2)}\n`;

/** A method's answer: a whole text, or a stream of texts. */
export function gatewayAnswer(content: Content): Response {
  return respond(200, content, gateway);
}

const soonBetter = new Set<ErrorKind | undefined>([
  errors.tooManyLogins,
  errors.tooManyAnswers,
  errors.tooManyIntroductions,
]);

/** A failed call, as JSON. */
export function failure(error: ApiError, content = error.body(), more: Headers = {}): Response {
  const headers: Record<string, string> = { "content-type": jsonType, ...more };
  if (error.httpStatus === 401) headers["www-authenticate"] = "Bearer";
  if (soonBetter.has(error.kind)) headers["retry-after"] = "1";
  return respond(error.httpStatus, content, headers);
}

/** The answer for an unknown path, in etcd's words: clients look for them in the body. */
export function notFound(): Response {
  return failure(new ApiError(GrpcCode.NotFound, "404 page not found"));
}

export const wrongMethod = new ApiError(GrpcCode.Unimplemented, "Method Not Allowed");

export function methodNotAllowed(allow: string): Response {
  return json(405, wrongMethod.body(), { allow });
}

/** Refusals as etcd's plain pages have them. */
export const plainly = {
  notFound: () => text(404, "404 page not found\n", { "x-content-type-options": "nosniff" }),
  methodNotAllowed: (allow: string) => text(405, `${wrongMethod.message}\n`, { allow }),
} as const;
