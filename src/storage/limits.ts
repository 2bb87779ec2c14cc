/** Bounds of a member's storage that a test may make small. */
export interface StorageLimits {
  /** A WAL segment is cut when it has so many rows, */
  readonly segmentRows: number;
  /** or would grow beyond so many bytes. */
  readonly segmentBytes: number;
  /** Bytes of the newest entries that are kept in memory. */
  readonly cacheBytes: number;
}

/** A log that may have so many bytes is released in quarters. */
export function limitsOfLog(logBytes: number): StorageLimits {
  const segmentBytes = Math.min(defaultLimits.segmentBytes, Math.ceil(logBytes / 4));
  return { ...defaultLimits, segmentBytes };
}

export const defaultLimits: StorageLimits = {
  segmentRows: 4_096,
  segmentBytes: 16 * 1_024 * 1_024,
  cacheBytes: 4_000_000,
};
