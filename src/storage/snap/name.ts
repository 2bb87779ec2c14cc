import type { SnapshotPosition } from "../wal/wal-snapshot.ts";

const pattern = /^([0-9a-f]{16})-([0-9a-f]{16})\.snap$/;

/** `%016x-%016x.snap` of term and index, so that names sort like snapshots. */
export function snapName({ term, index }: SnapshotPosition): string {
  return `${hex16(term)}-${hex16(index)}.snap`;
}

/** The position in a name; undefined for another name, such as a set-aside snapshot's. */
export function parseSnapName(name: string): SnapshotPosition | undefined {
  const [, term, index] = pattern.exec(name) ?? [];
  if (term === undefined || index === undefined) return undefined;
  return { term: Number.parseInt(term, 16), index: Number.parseInt(index, 16) };
}

function hex16(value: number): string {
  return value.toString(16).padStart(16, "0");
}
