/** Where a request comes from, as the platform says it. */

/**
 * The client's address, "" where there is none to be had. Of an IPv6 address the first half: the
 * rest is for its owner to choose.
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
