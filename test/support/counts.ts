/** How many there were of each kind. */
export type Counts = Readonly<Record<string, number>>;

export function addCounts(to: Record<string, number>, more: Counts): void {
  for (const [kind, n] of Object.entries(more)) to[kind] = (to[kind] ?? 0) + n;
}

/** Of all kinds together. */
export function sumOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, n) => sum + n, 0);
}

/** Each kind and its number, in the order of their names; "" where there are none. */
export function countsText(counts: Counts): string {
  const kinds = Object.entries(counts).sort(([a], [b]) => a.localeCompare(b));
  return kinds.map(([kind, n]) => `${kind} ${n}`).join(", ");
}
