import { DecodeError } from "../../proto/errors.ts";
import * as raftpb from "../../proto/generated/raft.ts";
import * as snappb from "../../proto/generated/snap.ts";
import { newSnapshot, noBytes, type Snapshot } from "../../proto/raftpb.ts";
import { confStateOf } from "../conf-state.ts";
import { crc32c } from "../crc32c.ts";

/** A snapshot record that cannot be used. Texts are etcd's where it has one. */
export class SnapshotDamagedError extends Error {
  override readonly name = "SnapshotDamagedError";
  /** The record's name. */
  readonly record: string;

  constructor(record: string, text: string, options?: ErrorOptions) {
    super(`${record}: ${text}`, options);
    this.record = record;
  }
}

/**
 * Encodes a snapshot as in etcd's .snap files: snappb.Snapshot{crc, data}, where data is a
 * raftpb.Snapshot with all its zeros.
 */
export function encodeSnapRecord({ data, metadata }: Snapshot): Uint8Array {
  const bytes = raftpb.Snapshot.encode({ data: data.length > 0 ? data : undefined, metadata });
  return snappb.Snapshot.encode({ crc: crc32c(bytes), data: bytes });
}

/** Decodes such a record or file. Throws SnapshotDamagedError. */
export function decodeSnapRecord(name: string, record: Uint8Array): Snapshot {
  if (record.length === 0) throw new SnapshotDamagedError(name, "empty snapshot");
  const { crc = 0, data: bytes = noBytes } = decoded(name, () =>
    snappb.Snapshot.decodeStrict(record),
  );
  if (bytes.length === 0 || crc === 0) throw new SnapshotDamagedError(name, "empty snapshot");
  const computed = crc32c(bytes);
  if (computed !== crc) {
    const crcs = `${computed.toString(16)} computed, ${crc.toString(16)} recorded`;
    throw new SnapshotDamagedError(name, `crc mismatch: ${crcs}`);
  }
  const { data, metadata } = decoded(name, () => raftpb.Snapshot.decodeStrict(bytes));
  const confState = confStateOf(metadata?.confState);
  return newSnapshot({ index: metadata?.index ?? 0, term: metadata?.term ?? 0, confState }, data);
}

function decoded<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new SnapshotDamagedError(name, cause.message, { cause });
  }
}
