/**
 * The network that a request comes from: IPv4 by its first 24 bits, IPv6 by its first 48, which is what one customer of a
 * network operator has at most.
 *
 * @param header header in which a proxy in front of this server names the caller's address; without it the address is
 * known on Cloudflare alone
 * @returns such as `192.0.2.0/24` or `2001:db8:1::/48`; `unknown` where nobody trustworthy names the address
 */
export function addressPrefix(request: Request, header: string | undefined): string {
  const named = header ?? (isOnCloudflare(request) ? "cf-connecting-ip" : undefined);
  const value = named === undefined ? null : request.headers.get(named);
  // Proxies add to the end of a list: what stands before may be the caller's own invention.
  const address = value?.split(",").at(-1)?.trim();
  return (address !== undefined && prefixOf(address)) || UNKNOWN;
}

export const UNKNOWN = "unknown";

/** workerd has a `cf` everywhere, and there anyone may send `cf-connecting-ip`; only Cloudflare's edge says which of its sites it is. */
function isOnCloudflare(request: Request): boolean {
  const { cf } = request as { readonly cf?: { readonly colo?: unknown } };
  return typeof cf?.colo === "string";
}

function prefixOf(address: string): string | undefined {
  // With a port, as some proxies write it: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
  return bare.includes(":") ? prefixOfV6(bare) : prefixOfV4(bare);
}

function prefixOfV4(address: string): string | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) return undefined;
  return `${parts.slice(0, 3).join(".")}.0/24`;
}

function prefixOfV6(address: string): string | undefined {
  const url = `http://[${address.replace(/%.*$/, "")}]`;
  if (!URL.canParse(url)) return undefined;
  // The standard form has hexadecimal groups alone, in lower case and without leading zeros.
  const groups = expand(new URL(url).hostname.slice(1, -1));
  const [a = 0, b = 0, c = 0] = groups;
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  const [high = 0, low = 0] = groups.slice(6);
  if (isMapped) return `${high >> 8}.${high & 255}.${low >> 8}.0/24`;
  return `${[a, b, c].map((group) => group.toString(16)).join(":")}::/48`;
}

function expand(address: string): number[] {
  const [head = "", tail] = address.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const [first, last] = [groups(head), groups(tail ?? "")];
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
}
