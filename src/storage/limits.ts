/** Bounds of a member's storage, which tests may make small. */
export interface StorageLimits {
  /** Rows at which a WAL segment is cut. */
  readonly segmentRows: number;
  /** Bytes beyond which a segment must not grow. */
  readonly segmentBytes: number;
  /** Bytes of the newest entries kept in memory. */
  readonly cacheBytes: number;
}

/** Limits for a log of so many bytes, which is released in quarters. */
export function limitsOfLog(logBytes: number): StorageLimits {
  const segmentBytes = Math.min(defaultLimits.segmentBytes, Math.ceil(logBytes / 4));
  return { ...defaultLimits, segmentBytes };
}

export const defaultLimits: StorageLimits = {
  segmentRows: 4_096,
  segmentBytes: 16 * 1_024 * 1_024,
  cacheBytes: 4_000_000,
};
