import { LeaseCheckpoint, LeaseCheckpointRequest } from "../../proto/generated/etcd.ts";
import type { Manifest } from "../../proto/generated/kv.ts";
import { Word128 } from "../../storage/hash128.ts";
import { Fingerprint } from "../fingerprint/fingerprint.ts";
import {
  encodeManifest,
  ManifestError,
  restoreFingerprint,
  restoreTables,
} from "../state/manifest.ts";
import { SmallTables } from "../state/small-tables.ts";
import type { StoreState } from "../store/store.ts";
import { maxRestoredRevision } from "../work/limits.ts";

/** Said of a revision that leaves too few after it. */
export const tooFar = "too far for a cluster to begin at";

/** The cluster that takes over another one's state, and where in its log that happens. */
export interface Adopter {
  readonly index: number;
  readonly term: number;
  /** Its own table of members, encoded. */
  readonly members: Uint8Array;
  /** The requests that it remembers, encoded. */
  readonly requests: Uint8Array;
  /**
   * Revisions to go ahead by (etcdutl's --bump-revision), so that none that the backup's cluster
   * gave out after the backup is given out again. Everything before is then compacted
   * (--mark-compacted): watchers of it get an error, instead of waiting for ever.
   */
  readonly bumpRevision: number;
  /** What the rows say of the bytes that compactions free: as many as there are, not as is told. */
  readonly freed: FreedByRevision;
}

/** See StoreState. */
export type FreedByRevision = Pick<StoreState, "superseded" | "dead">;

const noneFreed: FreedByRevision = { superseded: [], dead: [] };

/**
 * The manifest of another cluster's state as this one takes it over: keys, leases, auth and alarms
 * are the backup's, members and remembered requests its own. Leases begin their granted time anew:
 * how long the backup has lain is not known.
 *
 * Throws ManifestError and DecodeError where the backup's manifest contradicts itself.
 */
export function adoptManifest(backup: Manifest, adopter: Adopter): Uint8Array<ArrayBuffer> {
  const { tables, fingerprint } = smallTablesOf(backup);
  const checkpoints = tables.leases.ids().map((ID) => LeaseCheckpoint.create({ ID }));
  tables.leases.checkpoint(LeaseCheckpointRequest.create({ checkpoints }));
  tables.members.decode(adopter.members);
  fingerprint.reset(Word128.fromBytes(backup.keyFingerprint), tables.sum());
  const { keyCount, liveBytes } = backup;
  const freed = adopter.bumpRevision > 0 ? noneFreed : adopter.freed;
  const revision = backup.revision + adopter.bumpRevision;
  if (!(adopter.bumpRevision >= 0 && revision <= maxRestoredRevision)) {
    throw new ManifestError(`revision ${revision} is ${tooFar}`);
  }
  const compactRevision = adopter.bumpRevision > 0 ? revision : backup.compactRevision;
  const { index, term, requests } = adopter;
  return encodeManifest({
    ...{ index, term, requests, fingerprint },
    store: { revision, compactRevision, keyCount, liveBytes, ...freed },
    tables: tables.all,
  });
}

/**
 * What a manifest says besides keys and values, and its sums. Throws ManifestError and DecodeError
 * where its parts are not what its fingerprint says.
 */
export function smallTablesOf(manifest: Manifest): {
  readonly tables: SmallTables;
  readonly fingerprint: Fingerprint;
} {
  const fingerprint = new Fingerprint();
  const tables = new SmallTables(fingerprint);
  restoreTables(manifest, tables.all);
  restoreFingerprint(manifest, fingerprint, tables.sum());
  return { tables, fingerprint };
}
