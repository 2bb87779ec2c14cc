/** Which cluster a request is for, and which clusters a deployment serves. */

import { GrpcCode } from "../../etcd/grpc-code.ts";
import { clusterNameRule, isClusterName } from "../../rpc/topology.ts";
import { ApiError } from "../base/error.ts";

const defaultCluster = "default";

/**
 * Whether the name matches the pattern, in which `*` stands for any characters. Linear in the name.
 */
export function fits(pattern: string, name: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return pattern === name;
  if (name.length < first.length + last.length) return false;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  const end = name.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

export interface Naming {
  /**
   * The suffix of hostnames whose first label names the cluster, like `.kv.example.com`; "" for
   * none.
   */
  readonly hostSuffix: string;
  /** Patterns of the allowed cluster names; undefined for any. */
  readonly clusters: readonly string[] | undefined;
}

/**
 * The cluster that a request names by its hostname or by `x-cluster`. Throws ApiError where the
 * name is invalid, the two disagree, or the deployment does not serve it.
 */
export function clusterOf(request: Request, url: URL, { hostSuffix, clusters }: Naming): string {
  // A trailing dot makes a hostname absolute, but names the same host.
  const host = url.hostname.toLowerCase().replace(/\.$/, "");
  const hosted = hostSuffix !== "" && host.endsWith(hostSuffix);
  const byHost = hosted ? host.slice(0, -hostSuffix.length) : undefined;
  const byHeader = request.headers.get("x-cluster") ?? undefined;
  const name = byHeader ?? byHost ?? defaultCluster;
  if (!isClusterName(name)) {
    throw refusal(`no name of a cluster: ${name.slice(0, 80)}; ${clusterNameRule}`);
  }
  if (byHost !== undefined && byHost !== name) {
    throw refusal(`the hostname names the cluster ${byHost.slice(0, 80)}, x-cluster ${name}`);
  }
  if (clusters !== undefined && !clusters.some((pattern) => fits(pattern, name))) {
    throw new ApiError(GrpcCode.NotFound, `this deployment has no cluster ${name}`);
  }
  return name;
}

const refusal = (text: string) => new ApiError(GrpcCode.InvalidArgument, text);
