import { describe, expect, test } from "vitest";
import { addressPrefix } from "../../mint-server/credentials/client-address.ts";

/** A request as Cloudflare's edge, a plain workerd or no workerd at all has it. */
function requestFrom(headers: Record<string, string>, cf?: object): Request {
  return Object.assign(new Request("https://mint.example/", { headers }), cf && { cf });
}

const prefixOf = (address: string) => addressPrefix(requestFrom({ "x-real-ip": address }), "x-real-ip");

describe("the network of an address", () => {
  test.each([
    ["192.0.2.17", "192.0.2.0/24"],
    ["0.0.0.0", "0.0.0.0/24"],
    ["255.255.255.255", "255.255.255.0/24"],
    ["192.0.2.17:4711", "192.0.2.0/24"],
    [" 192.0.2.17 ", "192.0.2.0/24"],
    ["2001:db8:1:2::17", "2001:db8:1::/48"],
    ["2001:0DB8:0001:0002:3:4:5:6", "2001:db8:1::/48"],
    ["[2001:db8:1::17]:4711", "2001:db8:1::/48"],
    ["2001:db8::1", "2001:db8:0::/48"],
    ["fe80::1%eth0", "fe80:0:0::/48"],
    ["::1", "0:0:0::/48"],
    ["2001:db8:1::", "2001:db8:1::/48"],
    ["::ffff:192.0.2.17", "192.0.2.0/24"],
    ["::ffff:c000:211", "192.0.2.0/24"],
  ])("%s is %s", (address, prefix) => {
    expect(prefixOf(address)).toBe(prefix);
  });

  test.each([
    "",
    "192.0.2",
    "192.0.2.256",
    "1.2.3.4.5",
    "0x7f.0.0.1",
    "2001:db8",
    ":::",
    "1:2:3:4:5:6:7:8:9",
    "localhost",
    "_hidden",
  ])("%j is unknown", (address) => {
    expect(prefixOf(address)).toBe("unknown");
  });
});

describe("the address", () => {
  test("is the one that the nearest proxy added to a list", () => {
    const list = "203.0.113.9, 198.51.100.7, 192.0.2.17";
    expect(addressPrefix(requestFrom({ "x-forwarded-for": list }), "x-forwarded-for")).toBe("192.0.2.0/24");
  });

  test("is read from no other header than the configured one", () => {
    const headers = { "x-forwarded-for": "203.0.113.9", "cf-connecting-ip": "203.0.113.9" };
    expect(addressPrefix(requestFrom(headers, { colo: "AMS" }), "x-real-ip")).toBe("unknown");
  });

  const named = { "cf-connecting-ip": "192.0.2.17" };
  test("is known on Cloudflare", () => {
    expect(addressPrefix(requestFrom(named, { colo: "AMS" }), undefined)).toBe("192.0.2.0/24");
  });

  test("is not believed where any caller could have written it", () => {
    expect(addressPrefix(requestFrom(named), undefined)).toBe("unknown");
    expect(addressPrefix(requestFrom(named, { clientIp: "198.51.100.7:4711" }), undefined)).toBe("unknown");
  });
});
