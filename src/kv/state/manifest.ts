import { Manifest } from "../../proto/generated/kv.ts";
import { Word128 } from "../../storage/hash128.ts";
import { type Fingerprint, fingerprintVersion } from "../fingerprint/fingerprint.ts";
import type { Table } from "../fingerprint/table.ts";
import type { StoreState } from "../store/store.ts";
import type { Freed } from "../store/superseded.ts";

/** The version of kvpb.Manifest. */
const manifestFormat = 1;

/** A manifest of an unknown version, or one that contradicts itself. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
}

/** The whole state except the base's rows. */
export interface Captured {
  readonly index: number;
  readonly term: number;
  readonly store: StoreState;
  readonly fingerprint: Fingerprint;
  readonly requests: Uint8Array;
  readonly tables: readonly Table[];
}

export function encodeManifest(captured: Captured): Uint8Array<ArrayBuffer> {
  const { index, term, store, fingerprint, requests, tables } = captured;
  const { revision, compactRevision, keyCount, liveBytes, superseded, dead } = store;
  return Manifest.encode({
    format: manifestFormat,
    index,
    term,
    revision,
    compactRevision,
    fingerprintVersion,
    fingerprint: fingerprint.total(revision, compactRevision).toBytes(),
    keyFingerprint: fingerprint.keys.toBytes(),
    keyCount,
    liveBytes,
    superseded: [...superseded],
    dead: [...dead],
    requests,
    tables: tables.map((table) => ({ name: table.name, data: table.encode() })),
  });
}

/** More tables and groups of bytes than any has. */
export const maxManifestElements = 10_000;

/** Throws DecodeError and ManifestError. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const manifest = Manifest.decodeBounded(bytes, maxManifestElements);
  if (manifest.format !== manifestFormat) {
    throw new ManifestError(`manifest of format ${manifest.format}, ${manifestFormat} is known`);
  }
  if (manifest.fingerprintVersion !== fingerprintVersion) {
    throw new ManifestError(
      `fingerprint of version ${manifest.fingerprintVersion}, ${fingerprintVersion} is known`,
    );
  }
  if (manifest.revision < 1 || manifest.compactRevision > manifest.revision) {
    throw new ManifestError(
      `revision ${manifest.revision} with compaction ${manifest.compactRevision}`,
    );
  }
  checkFreed(manifest, manifest.superseded);
  checkFreed(manifest, manifest.dead);
  return manifest;
}

/** Groups are told apart by what frees them: a compaction to come, of what is there. */
function checkFreed({ revision, compactRevision }: Manifest, groups: readonly Freed[]): void {
  let last = compactRevision;
  let all = 0;
  for (const { revision: freedBy, bytes } of groups) {
    all += bytes;
    if (freedBy > last && freedBy <= revision + 1 && bytes > 0 && Number.isSafeInteger(all)) {
      last = freedBy;
      continue;
    }
    throw new ManifestError(`${bytes} bytes that revision ${freedBy} frees, after ${last}`);
  }
}

export function storeStateOf(manifest: Manifest): StoreState {
  const { revision, compactRevision, keyCount, liveBytes, superseded, dead } = manifest;
  return { revision, compactRevision, keyCount, liveBytes, superseded, dead };
}

/**
 * Gives each table its data; a table that the manifest lacks becomes empty. Throws DecodeError, and
 * ManifestError for a table that is unknown or there twice.
 */
export function restoreTables(manifest: Manifest, tables: readonly Table[]): void {
  const data = new Map(manifest.tables.map((table) => [table.name, table.data]));
  if (data.size < manifest.tables.length) throw new ManifestError("it has a table twice");
  for (const { name } of manifest.tables) {
    if (!tables.some((table) => table.name === name)) {
      throw new ManifestError(`the manifest has a table ${name}, which is not known here`);
    }
  }
  for (const table of tables) table.decode(data.get(table.name) ?? noBytes);
}

const noBytes = new Uint8Array(0);

/**
 * Sets the fingerprint to the manifest's. Throws ManifestError where the tables do not sum to it.
 */
export function restoreFingerprint(
  manifest: Manifest,
  fingerprint: Fingerprint,
  tablesSum: Word128,
): void {
  fingerprint.reset(Word128.fromBytes(manifest.keyFingerprint), tablesSum);
  const total = fingerprint.total(manifest.revision, manifest.compactRevision);
  const stored = Word128.fromBytes(manifest.fingerprint);
  if (!total.equals(stored)) {
    throw new ManifestError(
      `the manifest's parts sum to ${total.toHex()}, its fingerprint is ${stored.toHex()}`,
    );
  }
}
