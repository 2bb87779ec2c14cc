import { boundedVersion } from "../../kv/work/limits.ts";

/**
 * The newest way of applying entries that this code knows. During a deploy or a rollback old and
 * new code run side by side and must apply entries alike. A new way is used from the entry that
 * raises the replicated cluster version, which the leader proposes when every member supports it.
 */
export const supportedVersion = boundedVersion;
