import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createDpopClient, type DpopClient } from "../support/dpop.ts";
import { type Recorder, startRecorder } from "../support/recorder.ts";
import { issueBound, type Rig, SERVER_KEY, startRig } from "../support/rig.ts";
import { serve } from "../support/serve.ts";
import { chat } from "../support/work.ts";
import { type Captured, capturedBy, headerOf, type Replayed, replay, withHeader } from "./captured.ts";

// A thief on the wire: between the browser and the server, with everything that the browser sends.

let recorder: Recorder;
let rig: Rig;
let client: DpopClient;
let credential: string;

beforeAll(async () => {
  recorder = await startRecorder();
  rig = await startRig({ settings: { PUBLIC_URL: recorder.url } });
  recorder.relayTo(serverPort());
  ({ client, credential } = await issueBound(rig));
});
afterAll(async () => {
  await rig.stop();
  await recorder.stop();
});
afterEach(() => {
  rig.standIn.requests.length = 0;
});

const serverPort = (): number => Number(new URL(rig.server.url).port);

/** The browser's request, on a connection of its own, and once more where the server asks for its nonce. */
async function ask(): Promise<Replayed> {
  const url = `${recorder.url}/v1/proxy/chat/completions`;
  const send = async (): Promise<Replayed> => {
    const headers = [
      ["host", new URL(url).host],
      ["content-type", "application/json"],
      ["authorization", `DPoP ${credential}`],
      ["dpop", await client.proof("POST", url, { credential, nonce: client.nonce })],
    ] as const;
    const path = new URL(url).pathname;
    const answer = await replay(recorder.url, { method: "POST", path, headers, body: JSON.stringify(chat()) });
    client.nonce = answer.nonce ?? client.nonce;
    return answer;
  };
  const first = await send();
  return first.code === "use_dpop_nonce" ? send() : first;
}
const lastCaptured = (): Captured => {
  const last = capturedBy(recorder).at(-1);
  if (!last) throw new Error("nothing was captured");
  return last;
};

/** A request that the server answered, and what the thief saw of it. */
async function capturedUsed(): Promise<Captured> {
  expect(await ask()).toMatchObject({ status: 200 });
  rig.standIn.requests.length = 0;
  return lastCaptured();
}

/** A request with the nonce of now that the thief holds back. */
async function capturedUnused(): Promise<Captured> {
  await capturedUsed();
  const hole = createServer((socket) => void socket.once("data", () => socket.destroy()));
  hole.listen(0, "127.0.0.1");
  await once(hole, "listening");
  recorder.relayTo((hole.address() as AddressInfo).port);
  expect(await ask()).toMatchObject({ status: undefined });
  recorder.relayTo(serverPort());
  hole.close();
  const captured = lastCaptured();
  expect(captured.body).toContain("messages");
  return captured;
}

async function crash(): Promise<void> {
  process.kill(rig.server.pid, "SIGKILL");
  await rig.server.ended;
  await rig.restart();
}

const refused = (code: string) => expect.objectContaining({ status: 401, code });

test("what is held back goes through once, so that what follows is not refused for its form", async () => {
  const captured = await capturedUnused();
  expect(await replay(rig.server.url, captured)).toMatchObject({ status: 200 });
  expect(await replay(rig.server.url, captured)).toEqual(refused("invalid_dpop_proof"));
});

test("what was used is of no use again, to whomever and with whatever body", async () => {
  const captured = await capturedUsed();
  const answers = [
    await replay(rig.server.url, captured),
    await replay(recorder.url, captured),
    await replay(rig.server.url, captured, { body: JSON.stringify(chat({}, { model: "gpt-5" })) }),
  ];
  expect(answers).toEqual(answers.map(() => refused("invalid_dpop_proof")));
  expect(rig.standIn.requests).toEqual([]);
});

test("what was not used is of no use at another path or by another method", async () => {
  const captured = await capturedUnused();
  const changes: Partial<Captured>[] = [
    ...["responses", "embeddings", "completions", "credentials", "credentials/revoke", "anthropic/v1/messages"].map(
      (path) => ({ path: `/v1/proxy/${path}` }),
    ),
    { path: "/v1/chat/completions" },
    { path: "/v1/proxy/models", method: "GET", body: "" },
    { path: "/v1/proxy/models/gpt-4o", method: "GET", body: "" },
    { path: "/v1/proxy/credentials/revoke", body: '{"all":true}' },
  ];
  const answers = [];
  for (const change of changes) answers.push(await replay(rig.server.url, captured, change));
  expect(answers).toEqual(changes.map(() => refused("invalid_dpop_proof")));
  expect(rig.standIn.requests).toEqual([]);
});

test("what was not used is of no use to another holder, nor as a bearer token, nor in another place", async () => {
  const captured = await capturedUnused();
  const other = await createDpopClient();
  other.nonce = client.nonce;
  const url = `${recorder.url}/v1/proxy/chat/completions`;
  const othersProof = await other.proof("POST", url, { credential, nonce: client.nonce });
  const withoutProof = captured.headers.filter(([name]) => name.toLowerCase() !== "dpop");
  const headers: Captured["headers"][] = [
    withHeader(captured, "dpop", othersProof),
    withHeader(captured, "authorization", `Bearer ${credential}`),
    withHeader(captured, "authorization", `Bearer ek_${credential}`),
    withoutProof,
    ...["x-api-key", "x-goog-api-key"].map((name) =>
      captured.headers.map(([each, value]): readonly [string, string] =>
        each.toLowerCase() === "authorization" ? [name, credential] : [each, value],
      ),
    ),
    // Its own proof, with a credential of the thief's.
    withHeader(captured, "authorization", `DPoP ${(await issueBound(rig)).credential}`),
    withHeader(captured, "authorization", `DPoP ${(await rig.issue({ jkt: client.jkt })).key}`),
    [...captured.headers, ["dpop", headerOf(captured, "dpop") ?? ""]],
  ];
  const answers = [];
  for (const each of headers) answers.push((await replay(rig.server.url, captured, { headers: each })).status);
  expect(answers).toEqual(headers.map(() => 401));
  expect(rig.standIn.requests).toEqual([]);
});

test("it is of no use at another server, even under the same name", async () => {
  const captured = await capturedUnused();
  const settings = { OPENAI_API_KEY: SERVER_KEY, OPENAI_BASE_URL: rig.standIn.url, PUBLIC_URL: recorder.url };
  const other = await serve({ settings });
  // One that has the secret in common, and another name.
  const twin = await serve({ settings: { ...settings, PUBLIC_URL: "https://twin.example", MINT_SECRET: rig.secret } });
  try {
    expect(await replay(other.url, captured)).toEqual(refused("invalid_token"));
    expect(await replay(twin.url, captured)).toEqual(refused("invalid_token"));
    expect(rig.standIn.requests).toEqual([]);
  } finally {
    await other.stop();
    await twin.stop();
  }
});

test("it is of no use after a crash, used or not, and its owner goes on without noticing", async () => {
  const used = await capturedUsed();
  const unused = await capturedUnused();
  await crash();
  recorder.relayTo(serverPort());
  for (const captured of [used, unused]) {
    expect(await replay(rig.server.url, captured)).toEqual(refused("use_dpop_nonce"));
    expect(await replay(rig.server.url, captured, { path: "/v1/proxy/models", method: "GET", body: "" })).toEqual(
      refused("invalid_dpop_proof"),
    );
  }
  expect(rig.standIn.requests).toEqual([]);
  expect(await ask()).toMatchObject({ status: 200 });
});

test("it ends with the credential: revoked, a proof that nobody used goes nowhere", async () => {
  const captured = await capturedUnused();
  const { jti } = JSON.parse(Buffer.from(credential.split(".")[1] ?? "", "base64url").toString()) as { jti: string };
  expect((await rig.post("credentials/revoke", { jti })).status).toBe(200);
  expect((await replay(rig.server.url, captured)).status).toBe(401);
  expect(rig.standIn.requests).toEqual([]);
  ({ client, credential } = await issueBound(rig));
});
