import { LeaseCheckpoint, LeaseCheckpointRequest } from "../../proto/generated/etcd.ts";
import type { Manifest } from "../../proto/generated/kv.ts";
import { Fingerprint } from "../fingerprint/fingerprint.ts";
import { Word128 } from "../fingerprint/hash128.ts";
import {
  encodeManifest,
  ManifestError,
  restoreFingerprint,
  restoreTables,
} from "../state/manifest.ts";
import { SmallTables } from "../state/small-tables.ts";
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
}

/**
 * The manifest of another cluster's state as this one takes it over: keys, leases, auth and alarms
 * are the backup's, members and remembered requests its own. Leases begin their granted time anew:
 * how long the backup has lain is not known.
 *
 * Throws ManifestError and DecodeError where the backup's manifest contradicts itself.
 */
export function adoptManifest(backup: Manifest, adopter: Adopter): Uint8Array<ArrayBuffer> {
  const fingerprint = new Fingerprint();
  const tables = new SmallTables(fingerprint);
  restoreTables(backup, tables.all);
  restoreFingerprint(backup, fingerprint, tables.sum());
  const checkpoints = tables.leases.ids().map((ID) => LeaseCheckpoint.create({ ID }));
  tables.leases.checkpoint(LeaseCheckpointRequest.create({ checkpoints }));
  tables.members.decode(adopter.members);
  fingerprint.reset(Word128.fromBytes(backup.keyFingerprint), tables.sum());
  const { keyCount, liveBytes } = backup;
  const superseded = adopter.bumpRevision > 0 ? [] : backup.superseded;
  const dead = adopter.bumpRevision > 0 ? [] : backup.dead;
  const revision = backup.revision + adopter.bumpRevision;
  if (!(adopter.bumpRevision >= 0 && revision <= maxRestoredRevision)) {
    throw new ManifestError(`revision ${revision} is ${tooFar}`);
  }
  const compactRevision = adopter.bumpRevision > 0 ? revision : backup.compactRevision;
  const { index, term, requests } = adopter;
  return encodeManifest({
    ...{ index, term, requests, fingerprint },
    store: { revision, compactRevision, keyCount, liveBytes, superseded, dead },
    tables: tables.all,
  });
}
