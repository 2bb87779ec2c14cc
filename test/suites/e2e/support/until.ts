const pollMs = 20;

/**
 * The first value that `look` finds, asked again and again. Throws when `deadlineMs` are over, with
 * what was waited for and what was seen last.
 */
export async function until<T>(
  what: string,
  deadlineMs: number,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const start = performance.now();
  let last = "nothing";
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() - start > deadlineMs) {
      throw new Error(`${what}: not within ${deadlineMs} ms; last error: ${last}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
