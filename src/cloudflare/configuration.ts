import { quotaBytes } from "../kv/alarm/quota.ts";
import {
  type AutoCompactionMode,
  type AutoCompactionPolicy,
  autoCompactionModes,
  autoCompactionPolicy,
} from "../node/world/auto-compaction-policy.ts";
import { defaultTuning, type Tuning } from "../node/world/tuning.ts";
import { naturalOf } from "../proto/decimal.ts";
import { parseTopology, type Topology } from "../rpc/topology.ts";

/** The variables of wrangler.toml that members read. */
export interface MemberVariables {
  readonly MEMBERS: string;
  readonly LOCATION_HINTS?: string;
  readonly SNAPSHOT_COUNT?: string;
  readonly SNAPSHOT_CATCH_UP_ENTRIES?: string;
  /** Milliseconds with nothing to do after which a cluster sleeps; 0 (also when empty): never. */
  readonly SLEEP_AFTER?: string;
  /** 0: etcd's default of 2 GiB; negative: the largest quota. */
  readonly QUOTA_BACKEND_BYTES?: string;
  /** periodic (the default) or revision. */
  readonly AUTO_COMPACTION_MODE?: string;
  /**
   * Hours or a duration (default 1h); in mode revision, a number of revisions (default 10000). 0:
   * off.
   */
  readonly AUTO_COMPACTION_RETENTION?: string;
}

/** More entries than a log ever has. */
const maxEntries = 1_000_000_000;

/** A variable with an invalid value. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

export interface Configuration {
  readonly topology: Topology;
  readonly tuning: Tuning;
}

/**
 * The configuration in the variables. Throws ConfigurationError or TopologyError, which name the
 * variable and its allowed values.
 */
export function configuration(variables: MemberVariables): Configuration {
  const count = (name: keyof MemberVariables, fallback: number): number => {
    const text = variables[name];
    const value = text === undefined || text === "" ? fallback : naturalOf(text, maxEntries);
    if (value !== undefined && value >= 1) return value;
    throw new ConfigurationError(`${name} is "${text}"; it must be 1 to ${maxEntries}`);
  };
  const quotaOf = quota(variables.QUOTA_BACKEND_BYTES || "0");
  return {
    topology: parseTopology(variables.MEMBERS, variables.LOCATION_HINTS ?? ""),
    tuning: {
      ...defaultTuning,
      snapshotCount: count("SNAPSHOT_COUNT", defaultTuning.snapshotCount),
      snapshotCatchUpEntries: count(
        "SNAPSHOT_CATCH_UP_ENTRIES",
        defaultTuning.snapshotCatchUpEntries,
      ),
      sleepAfterMs: sleepAfter(variables.SLEEP_AFTER || "0"),
      quotaBytes: quotaOf,
      logBytes: Math.min(defaultTuning.logBytes, Math.max(quotaOf, minLogBytes)),
      autoCompaction: autoCompaction(
        variables.AUTO_COMPACTION_MODE || "periodic",
        variables.AUTO_COMPACTION_RETENTION ?? "",
      ),
    },
  };
}

/** An hour: who wants more does not want it to sleep. */
const maxSleepAfterMs = 3_600_000;

function sleepAfter(text: string): number {
  const value = naturalOf(text, maxSleepAfterMs);
  if (value !== undefined) return value;
  throw new ConfigurationError(
    `SLEEP_AFTER is "${text}"; it must be 0 (never) to ${maxSleepAfterMs} milliseconds`,
  );
}

/** A small quota for keys makes the log small, too. */
const minLogBytes = 4 << 20;

function quota(text: string): number {
  const value = naturalOf(text.replace(/^-/, ""));
  if (value !== undefined) return quotaBytes(text.startsWith("-") ? -value : value);
  throw new ConfigurationError(`QUOTA_BACKEND_BYTES is "${text}"; it must be an integer`);
}

/** Keeps a cluster without an operator from filling up with history. */
const defaultRetention: Readonly<Record<AutoCompactionMode, string>> = {
  periodic: "1h",
  revision: "10000",
};

function autoCompaction(text: string, configured: string): AutoCompactionPolicy {
  const mode = autoCompactionModes.find((each) => each === text);
  if (mode === undefined) {
    throw new ConfigurationError(
      `AUTO_COMPACTION_MODE is "${text}"; it must be one of ${autoCompactionModes.join(", ")}`,
    );
  }
  const retention = configured || defaultRetention[mode];
  const policy = autoCompactionPolicy(mode, retention);
  if (policy !== undefined) return policy;
  const what = mode === "revision" ? "a number of revisions" : "hours, or a duration such as 1h30m";
  throw new ConfigurationError(
    `AUTO_COMPACTION_RETENTION is "${retention}"; in mode ${mode} it must be ${what}; 0 is off`,
  );
}
