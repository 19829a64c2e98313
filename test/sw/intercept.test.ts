import { describe, expect, test } from "vitest";
import { findRequestTarget, findTarget } from "../../sw/intercept.ts";
import { resolveSettings } from "../../sw/settings.ts";
import { PAGE } from "./rig.ts";

const own = resolveSettings({}, PAGE);
const apart = resolveSettings({ mintServer: "https://mint.example/gate/v1/proxy/" }, PAGE);

describe("covers", () => {
  test.each([
    ["GET", "https://app.example/v1/proxy/models", "https://app.example/v1/proxy/models", "models"],
    [
      "POST",
      "https://app.example/v1/proxy/chat/completions?a=b&c",
      "https://app.example/v1/proxy/chat/completions?a=b&c",
      "chat/completions",
    ],
    [
      "POST",
      "https://api.openai.com/v1/chat/completions",
      "https://app.example/v1/proxy/chat/completions",
      "chat/completions",
    ],
    ["POST", "https://api.openai.com/v1/responses?x=%2F", "https://app.example/v1/proxy/responses?x=%2F", "responses"],
    [
      "POST",
      "https://app.example/v1/proxy/realtime/client_secrets",
      "https://app.example/v1/proxy/realtime/client_secrets",
      "realtime/client_secrets",
    ],
    [
      "POST",
      "https://api.anthropic.com/v1/messages?beta=true",
      "https://app.example/v1/proxy/anthropic/v1/messages?beta=true",
      "anthropic/v1/messages",
    ],
    [
      "POST",
      "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse&key=abc",
      "https://app.example/v1/proxy/google/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
      "google/v1beta/models/gemini-2.5-pro:streamGenerateContent",
    ],
    [
      "POST",
      "https://generativelanguage.googleapis.com/v1beta/models/m:countTokens?key=abc&x=1",
      "https://app.example/v1/proxy/google/v1beta/models/m:countTokens?x=1",
      "google/v1beta/models/m:countTokens",
    ],
    ["POST", "https://app.example/v1/proxy/credentialsx", "https://app.example/v1/proxy/credentialsx", "credentialsx"],
  ])("%s %s", (method, url, mintURL, path) => {
    expect(findTarget(own, url, method)).toEqual({ url: mintURL, path });
  });

  test.each([
    "https://app.example/v1/proxy/chat/completions?q",
    "https://api.openai.com/v1/chat/completions?q",
    "https://mint.example/gate/v1/proxy/chat/completions?q",
  ])("%s for a mint-server on another origin", (url) => {
    const target = { url: "https://mint.example/gate/v1/proxy/chat/completions?q", path: "chat/completions" };
    expect(findTarget(apart, url, "POST")).toEqual(target);
  });
});

describe("leaves to the browser", () => {
  test.each([
    ["GET", "https://app.example/"],
    ["POST", "https://app.example/v1/proxy"],
    ["POST", "https://app.example/v1/proxy/"],
    ["POST", "https://app.example/v1/proxyx/chat/completions"],
    ["POST", "https://app.example/v1/chat/completions"],
    ["POST", "https://app.example/x/v1/proxy/chat/completions"],
    ["POST", "https://app.example/v1/proxy/../chat/completions"],
    ["POST", "https://app.example/v1/proxy/%2e%2e/chat/completions"],
    ["POST", "https://app.example/v1/proxy/credentials"],
    ["POST", "https://app.example/v1/proxy/credentials/session"],
    ["POST", "https://app.example/v1/proxy/credentials/revoke"],
    ["OPTIONS", "https://app.example/v1/proxy/chat/completions"],
    ["POST", "http://app.example/v1/proxy/chat/completions"],
    ["POST", "https://app.example:8443/v1/proxy/chat/completions"],
    ["POST", "https://app.example.evil.test/v1/proxy/chat/completions"],
    ["POST", "https://api.openai.com.evil.test/v1/chat/completions"],
    ["POST", "https://api.openai.com/v1.evil/chat/completions"],
    ["POST", "https://api.openai.com/v2/chat/completions"],
    ["POST", "http://api.openai.com/v1/chat/completions"],
    ["POST", "https://evil.test/?https://api.openai.com/v1/chat/completions"],
    ["POST", "https://api.openai.com@evil.test/v1/chat/completions"],
  ])("%s %s", (method, url) => {
    expect(findTarget(own, url, method)).toBeUndefined();
  });

  test("public hosts that are switched off", () => {
    const off = resolveSettings({ publicHosts: false }, PAGE);
    expect(findTarget(off, "https://api.openai.com/v1/models", "GET")).toBeUndefined();
    expect(findTarget(off, "https://app.example/v1/proxy/models", "GET")).toBeDefined();
  });

  test("a mint-server whose origin is only the beginning of another's", () => {
    const short = resolveSettings({ mintServer: "https://mint.example/v1/proxy" }, PAGE);
    expect(findTarget(short, "https://mint.example.evil.test/v1/proxy/models", "GET")).toBeUndefined();
    expect(
      findTarget(
        resolveSettings({ mintServer: "https://mint.example:8443/v1/proxy" }, PAGE),
        "https://mint.example/v1/proxy/models",
        "GET",
      ),
    ).toBeUndefined();
  });

  test("a request that a page has signed itself", () => {
    const signed = new Request("https://app.example/v1/proxy/models", { headers: { dpop: "a.b.c" } });
    expect(findRequestTarget(own, signed)).toBeUndefined();
    expect(findRequestTarget(own, new Request("https://app.example/v1/proxy/models"))).toBeDefined();
  });

  test("a navigation", () => {
    const request = new Request("https://app.example/v1/proxy/models");
    Object.defineProperty(request, "mode", { value: "navigate" });
    expect(findRequestTarget(own, request)).toBeUndefined();
  });
});
