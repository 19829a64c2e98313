import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { failureOf } from "../support/failure.ts";
import { APP_ORIGIN, type Rig, startRig } from "../support/rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());
afterEach(() => {
  rig.standIn.requests.length = 0;
});

const origin = { origin: APP_ORIGIN };
const CHAT = "chat/completions";

test.each([
  ["declared", false],
  ["in chunks of unknown number", true],
])("a body that is too large is refused, its size %s", async (_, chunked) => {
  const size = 5 * 1024 * 1024;
  const body = chunked ? new Blob([new Uint8Array(size)]).stream() : new Uint8Array(size);
  const headers = { ...origin, authorization: `Bearer ${rig.server.projectKey}`, "content-type": "application/json" };
  const answer = await fetch(rig.url("embeddings"), { method: "POST", headers, body, duplex: "half" } as RequestInit);
  expect(await failureOf(answer)).toMatchObject({ status: 413, code: "body_too_large" });
  expect(rig.standIn.requests).toEqual([]);
});

test("a chat of more than a mebibyte is taken only for the images, audio or files in it", async () => {
  const big = "A".repeat(2 * 1024 * 1024);
  const ask = (content: unknown) =>
    rig.post(CHAT, { model: "gpt-4o", messages: [{ role: "user", content }] }, { headers: origin });
  expect(await failureOf(await ask(big))).toMatchObject({ status: 413, code: "body_too_large" });
  expect(rig.standIn.requests).toEqual([]);
  const image = { type: "image_url", image_url: { url: `data:image/png;base64,${big}` } };
  expect((await ask([image])).status).toBe(200);
});

describe("a refusal reaches a caller who is still sending", () => {
  const megabytes = (count: number) => new Uint8Array(count << 20).fill(0x20);
  test.each([
    ["without a credential", CHAT, "POST", undefined, 401],
    ["with a forged one", CHAT, "POST", "Bearer eyJ.eyJ.eyJ", 401],
    ["to a path that does not exist", "nothing", "POST", undefined, 404],
    ["by a method that does not exist", CHAT, "PUT", undefined, 405],
    ["of a type that is not taken", CHAT, "POST", "project key", 400],
    ["of more than is taken", "credentials", "POST", "project key", 413],
  ])("%s", async (_, path, method, authority, status) => {
    const authorization = authority === "project key" ? `Bearer ${rig.server.projectKey}` : authority;
    const type = status === 400 ? "text/plain" : "application/json";
    const headers = { ...origin, "content-type": type, ...(authorization && { authorization }) };
    for (const body of [megabytes(8), new Blob([megabytes(8)]).stream()]) {
      const answer = await fetch(rig.url(path), { method, headers, body, duplex: "half" } as RequestInit);
      expect((await failureOf(answer)).status).toBe(status);
    }
    expect(rig.standIn.requests).toEqual([]);
  });
});
