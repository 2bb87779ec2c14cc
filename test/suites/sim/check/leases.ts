/**
 * A lease lives at least its TTL from the last renewal that a client knows to have arrived (etcd's
 * lease/lessor.go: expiry is promised not to be early, and may be late).
 */
export interface LeaseLife {
  readonly id: bigint;
  readonly key: string;
  readonly ttlUs: number;
  /** When the newest answered grant or renewal was asked for, microseconds. */
  renewedAtUs: number;
  /** The client asked for its end, or deleted the key. */
  revoked: boolean;
}

export function earlyExpiry(life: LeaseLife, deletedAtUs: number): string | undefined {
  const earliestUs = life.renewedAtUs + life.ttlUs;
  if (life.revoked || deletedAtUs >= earliestUs) return undefined;
  const id = life.id.toString(16);
  return `lease ${id} (${life.key}) ended ${(earliestUs - deletedAtUs) / 1_000} ms early`;
}
