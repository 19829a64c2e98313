import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rawRequest } from "../support/raw-request.ts";
import { APP_ORIGIN, type Rig, startRig } from "../support/rig.ts";
import { chat } from "../support/work.ts";

let rig: Rig;
const sockets: Socket[] = [];
beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await rig.stop();
});

function openSocket(begin: string): Promise<Socket> {
  const { hostname, port } = new URL(rig.server.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(begin);
      resolve(socket);
    });
    sockets.push(socket);
    socket.on("error", reject);
  });
}

const HEAD = "POST /v1/proxy/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
const authorization = () => `Authorization: Bearer ${rig.server.projectKey}\r\n`;

test.each<[string, () => string]>([
  ["heads", () => HEAD],
  ["bodies", () => `${HEAD}${authorization()}Content-Length: 1000\r\n\r\n{"model":`],
  ["bodies without a credential", () => `${HEAD}Content-Length: 1000\r\n\r\n{"model":`],
])("callers who never end their %s keep nobody else waiting, and ask no provider", async (_, begin) => {
  rig.standIn.requests.length = 0;
  await Promise.all(Array.from({ length: 200 }, () => openSocket(begin())));
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => rig.post("chat/completions", chat({ text: "Yes." }))),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
  expect(rig.standIn.requests).toHaveLength(20);
  for (const socket of sockets.splice(0)) socket.destroy();
});

const deep = `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`;
const BOMBS: readonly (readonly [string, string, string, number])[] = [
  ["deep JSON", "application/json", `{"model":"gpt-4o","messages":${deep}}`, 400],
  ["deep lists", "application/json", "[".repeat(500_000), 400],
  ["200,000 members", "application/json", `{${Array.from({ length: 200_000 }, (_, at) => `"${at}":0`).join()}}`, 413],
  ["90,000 members", "application/json", `{${Array.from({ length: 90_000 }, (_, at) => `"${at}":0`).join()}}`, 400],
  ["a number of 900,000 digits", "application/json", `{"model":${"9".repeat(900_000)}}`, 400],
  ["a body beyond the cap", "application/json", `"${"a".repeat(1_100_000)}"`, 413],
  ["nothing", "application/json", "", 400],
  ["zeros", "application/json", "\0".repeat(900_000), 400],
];

test.each(BOMBS)("a body of %s is refused in a typed error", async (_, type, body, status) => {
  rig.standIn.requests.length = 0;
  const headers = { authorization: `Bearer ${rig.server.projectKey}`, "content-type": type, origin: APP_ORIGIN };
  const answer = await fetch(rig.url("chat/completions"), { method: "POST", headers, body });
  const { error } = (await answer.json()) as { error: { code: string } };
  expect([answer.status, typeof error.code]).toEqual([status, "string"]);
  expect(answer.headers.get("access-control-allow-origin")).toBe(APP_ORIGIN);
  expect(rig.standIn.requests).toEqual([]);
});

test.each<[string, Record<string, string>]>([
  ["5,000 headers", Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`x-${at}`, "1"]))],
  ["a header of 600 KiB", { "x-a": "a".repeat(600 * 1024) }],
  ["a credential of 100 KiB", { authorization: `Bearer ${"a.".repeat(50 * 1024)}` }],
])("%s do not reach a provider, and the server lives on", async (_, more) => {
  rig.standIn.requests.length = 0;
  const headers = { "content-type": "application/json", ...more };
  const path = "/v1/proxy/chat/completions";
  // A server may also break such a connection off.
  const answer = await rawRequest(rig.server.url, { method: "POST", path, headers, body: "{}" }).catch(() => undefined);
  expect(answer?.status ?? 431).toBeGreaterThanOrEqual(400);
  expect(answer?.status ?? 431).toBeLessThan(500);
  expect(rig.standIn.requests).toEqual([]);
  expect((await rig.post("chat/completions", chat({ text: "Yes." }))).status).toBe(200);
});

test.each(["api_base", "base_url", "baseURL", "api_base_url", "custom_llm_provider", "url"])(
  "`%s` in body, query or header sends nothing elsewhere",
  async (name) => {
    rig.standIn.requests.length = 0;
    const elsewhere = "http://127.0.0.1:9/v1";
    const headers = { [name.replaceAll("_", "-").toLowerCase()]: elsewhere };
    const body = chat({ text: "Yes." }, { [name]: elsewhere });
    const answer = await rig.post(`chat/completions?${name}=${encodeURIComponent(elsewhere)}`, body, { headers });
    await answer.text();
    if (answer.status === 200) expect(rig.standIn.requests).toHaveLength(1);
    else expect(answer.status).toBe(400);
    expect(rig.standIn.requests.every((request) => !JSON.stringify(request.headers).includes(":9/v1"))).toBe(true);
  },
);

const PATHS = [
  ["POST", "chat/completions"],
  ["POST", "anthropic/v1/messages"],
  ["POST", "google/v1beta/models/gpt-4o:generateContent"],
  ["POST", "credentials"],
  ["POST", "credentials/revoke"],
  ["POST", "credentials/session"],
  ["POST", "answers/cancel"],
  ["GET", "models"],
  ["GET", "models/gpt-4o"],
  ["GET", "admin/orgs"],
  ["GET", "health"],
  ["GET", "realtime"],
  ["GET", "nowhere"],
  ["DELETE", "chat/completions"],
] as const;

test.each(PATHS)("%s %s is open to an allowed origin alone, whether it succeeds or fails", async (method, path) => {
  const bodies = method === "POST" ? ["{}", "{", JSON.stringify(chat({}))] : [undefined];
  for (const authority of [undefined, "Bearer wrong", `Bearer ${rig.server.projectKey}`]) {
    for (const body of bodies) {
      for (const origin of [APP_ORIGIN, "https://evil.example", "null", undefined]) {
        const answer = await fetch(rig.url(path), {
          method,
          headers: {
            "content-type": "application/json",
            ...(authority && { authorization: authority }),
            ...(origin && { origin }),
          },
          ...(body !== undefined && { body }),
        });
        await answer.arrayBuffer();
        expect(answer.headers.get("access-control-allow-origin")).toBe(origin === APP_ORIGIN ? APP_ORIGIN : null);
        expect(answer.headers.get("vary")).toMatch(/\bOrigin\b/i);
        expect(answer.headers.get("cache-control")).toBe("no-store");
      }
    }
  }
});
