/** The client's address, from the platform's header. */

/**
 * The client's address, "" if unknown. Of an IPv6 address the first half, since its owner chooses
 * the rest.
 */
export function originOf(headers: Headers): string {
  const address = headers.get("cf-connecting-ip") ?? "";
  if (!address.includes(":")) return address;
  const [left = "", right] = address.split("::");
  const groups = left === "" ? [] : left.split(":");
  if (right !== undefined) {
    const after = right === "" ? 0 : right.split(":").length;
    while (groups.length + after < 8) groups.push("0");
  }
  return groups.slice(0, 4).join(":");
}
