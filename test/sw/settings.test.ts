import { expect, test } from "vitest";
import { optionsFromScript, type ProxyOptions, resolveSettings, withOptions } from "../../sw/settings.ts";
import { PAGE } from "./rig.ts";

const absolute = (path: string) => new URL(path, PAGE).href;

test.each<ProxyOptions>([
  {},
  { mintServer: "https://mint.example/v1/proxy?x=1&y" },
  { org: "acme & sons", template: "kids", publicHosts: false, askSession: true },
  { cache: { maxBytes: 1_000_000 } },
])("finds options again in the worker's script URL: %o", (options) => {
  expect(optionsFromScript(absolute(withOptions("/mintgate-sw.js", options)))).toEqual(options);
  expect(optionsFromScript(absolute(withOptions("/sw.js?v=2", options)))).toEqual(options);
});

test("adds nothing to the script URL for options left at their default", () => {
  expect(withOptions("/mintgate-sw.js", { publicHosts: true, askSession: false })).toBe("/mintgate-sw.js");
});

test("makes the mint-server's base absolute and cuts its last slash", () => {
  expect(resolveSettings({}, PAGE).mintServer).toBe("https://app.example/v1/proxy");
  expect(resolveSettings({ mintServer: "/api/" }, PAGE).mintServer).toBe("https://app.example/api");
  expect(resolveSettings({ mintServer: "https://mint.example/v1/proxy/" }, PAGE).mintServer).toBe(
    "https://mint.example/v1/proxy",
  );
});

test("keeps 32 MiB unless the app says otherwise", () => {
  const bytes = (options: ProxyOptions) => resolveSettings(options, PAGE).cacheBytes;
  expect(bytes({})).toBe(32 * 1024 * 1024);
  expect(bytes({ cache: { maxBytes: 10 } })).toBe(10);
  expect(bytes({ cache: false })).toBe(0);
  expect(bytes(optionsFromScript(absolute(withOptions("/sw.js", { cache: false }))))).toBe(0);
  expect(bytes(optionsFromScript(absolute("/sw.js?cache=lots")))).toBe(32 * 1024 * 1024);
  expect(() => bytes({ cache: { maxBytes: -1 } })).toThrow(TypeError);
  expect(() => bytes({ cache: { maxBytes: Number.NaN } })).toThrow(TypeError);
});

test("refuses a mint-server that is no URL", () => {
  expect(() => resolveSettings({ mintServer: "https://" }, PAGE)).toThrow(TypeError);
});
