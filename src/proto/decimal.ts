/** Decimal numbers outside of JSON: in paths, queries and variables. */

const natural = /^(?:0|[1-9][0-9]{0,15})$/;

/**
 * The natural number in `text`, up to `most`; undefined for any other text, such as `0x10`, `1e3`,
 * ` 5`, `+5`, `05` and `5.0`.
 */
export function naturalOf(text: string, most = Number.MAX_SAFE_INTEGER): number | undefined {
  if (!natural.test(text)) return undefined;
  const value = Number(text);
  return value <= most ? value : undefined;
}

const least64 = -(2n ** 63n);
const most64 = 2n ** 63n - 1n;

/** The signed 64-bit integer in `text`, written likewise. */
export function int64Of(text: string): bigint | undefined {
  if (!/^(?:0|-?[1-9][0-9]{0,18})$/.test(text)) return undefined;
  const value = BigInt(text);
  return value >= least64 && value <= most64 ? value : undefined;
}
