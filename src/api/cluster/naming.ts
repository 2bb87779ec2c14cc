/** Which cluster a request is for, and which ones a deployment has. */

import { isClusterName } from "../../node/topology.ts";
import { GrpcCode } from "../../proto/grpc-code.ts";
import { ApiError } from "../status.ts";

const defaultCluster = "default";

/** Whether a name fits a pattern, in which `*` stands for any letters or none. */
export function fits(pattern: string, name: string): boolean {
  const literal = (text: string) => text.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${pattern.split("*").map(literal).join(".*")}$`).test(name);
}

export interface Naming {
  /** `.kv.example.com`: the label in front of it names the cluster. "" for none. */
  readonly hostSuffix: string;
  /** Patterns of the clusters that there may be; undefined for any. */
  readonly clusters: readonly string[] | undefined;
}

/**
 * The cluster that a request names by its hostname or by `x-cluster`. Throws ApiError where that is
 * no name, where the two disagree, and where the deployment does not have such a cluster.
 */
export function clusterOf(request: Request, url: URL, { hostSuffix, clusters }: Naming): string {
  // A dot at its end makes a hostname absolute, and no other host.
  const host = url.hostname.toLowerCase().replace(/\.$/, "");
  const hosted = hostSuffix !== "" && host.endsWith(hostSuffix);
  const byHost = hosted ? host.slice(0, -hostSuffix.length) : undefined;
  const byHeader = request.headers.get("x-cluster") ?? undefined;
  const name = byHeader ?? byHost ?? defaultCluster;
  if (!isClusterName(name)) throw refusal(`no name of a cluster: ${name.slice(0, 80)}`);
  if (byHost !== undefined && byHost !== name) {
    throw refusal(`the hostname names the cluster ${byHost.slice(0, 80)}, x-cluster ${name}`);
  }
  if (clusters !== undefined && !clusters.some((pattern) => fits(pattern, name))) {
    throw new ApiError(GrpcCode.NotFound, `this deployment has no cluster ${name}`);
  }
  return name;
}

const refusal = (text: string) => new ApiError(GrpcCode.InvalidArgument, text);
