import { quotaBytes } from "../kv/alarm/quota.ts";
import { parseTopology, type Topology } from "./topology.ts";
import { defaultTuning, type Tuning } from "./tuning.ts";

/** The variables of wrangler.toml that a member reads. */
export interface MemberVariables {
  readonly MEMBERS: string;
  readonly LOCATION_HINTS?: string;
  readonly SNAPSHOT_COUNT?: string;
  readonly SNAPSHOT_CATCH_UP_ENTRIES?: string;
  /** 0: etcd's default of 2 GiB; negative: none. */
  readonly QUOTA_BACKEND_BYTES?: string;
}

/** A variable that cannot be used. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

export interface Configuration {
  readonly topology: Topology;
  readonly tuning: Tuning;
}

/** Throws ConfigurationError or TopologyError, which name the variable and what it may be. */
export function configuration(variables: MemberVariables): Configuration {
  const count = (name: keyof MemberVariables, fallback: number): number => {
    const text = variables[name];
    const value = text === undefined || text === "" ? fallback : Number(text);
    if (Number.isSafeInteger(value) && value >= 1) return value;
    throw new ConfigurationError(`${name} is "${text}"; it must be a positive integer`);
  };
  return {
    topology: parseTopology(variables.MEMBERS, variables.LOCATION_HINTS ?? ""),
    tuning: {
      ...defaultTuning,
      snapshotCount: count("SNAPSHOT_COUNT", defaultTuning.snapshotCount),
      snapshotCatchUpEntries: count(
        "SNAPSHOT_CATCH_UP_ENTRIES",
        defaultTuning.snapshotCatchUpEntries,
      ),
      quotaBytes: quota(variables.QUOTA_BACKEND_BYTES ?? "0"),
    },
  };
}

function quota(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return quotaBytes(value);
  throw new ConfigurationError(`QUOTA_BACKEND_BYTES is "${text}"; it must be an integer`);
}
