import { boundedVersion } from "../../kv/work/limits.ts";

/**
 * The newest way of applying entries that this code knows. During a deploy or a rollback old and
 * new code run side by side, and both must apply an entry alike: so a new way is used from the
 * entry on that raises the replicated cluster version, which happens when every member has said
 * that it knows it.
 */
export const supportedVersion = boundedVersion;
