import { afterAll, beforeAll, expect, test } from "vitest";
import { createMemoryLedgers } from "../../mint-server/credentials/ledger-memory.ts";
import { createMintServer, issueCredential, type MintServer } from "../../mint-server/embed.ts";
import type { Platform } from "../../mint-server/server.ts";
import { createDpopClient, type DpopClient } from "../support/dpop.ts";
import { type StandIn, startStandIn } from "../support/stand-in.ts";
import { chat } from "../support/work.ts";

// Several instances of one server, which share its secret and its ledger and no memory: as on Cloudflare.

const PUBLIC_URL = "https://mint.example";
const CHAT = `${PUBLIC_URL}/v1/proxy/chat/completions`;
const MODELS = `${PUBLIC_URL}/v1/proxy/models`;

let standIn: StandIn;
let client: DpopClient;
let config: Parameters<typeof createMintServer>[0];

beforeAll(async () => {
  standIn = await startStandIn();
  client = await createDpopClient();
  config = {
    secrets: [Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url")],
    publicURLs: [PUBLIC_URL],
    orgs: {
      default: { endpoints: [{ name: "openai", provider: "openai", apiKey: "sk-test", baseURL: standIn.url }] },
    },
  };
});
afterAll(() => standIn.stop());

const start = (platform: Platform): MintServer => createMintServer(config, platform);
const bound = async (order: object = {}) =>
  (await issueCredential(config, { subject: "a", jkt: client.jkt, ...order })).key;

async function ask(server: MintServer, credential: string, proof: string, url = CHAT): Promise<readonly unknown[]> {
  const isChat = url === CHAT;
  const headers = { authorization: `DPoP ${credential}`, dpop: proof, "content-type": "application/json" };
  const init = isChat ? { method: "POST", headers, body: JSON.stringify(chat()) } : { headers };
  const answer = await server.fetch(new Request(url, init));
  const body = (await answer.json()) as { readonly error?: { readonly code: string } };
  return [answer.status, body.error?.code];
}

/** A proof with the nonce that a server gives. */
async function proofFor(server: MintServer, credential: string, method = "POST", url = CHAT): Promise<string> {
  const headers = { authorization: `DPoP ${credential}`, dpop: await client.proof("GET", MODELS, { credential }) };
  const answer = await server.fetch(new Request(MODELS, { headers }));
  const nonce = answer.headers.get("dpop-nonce") ?? "";
  expect(nonce).not.toBe("");
  return client.proof(method, url, { credential, nonce });
}

const count = (answers: readonly (readonly unknown[])[]) => {
  const sums: Record<string, number> = {};
  for (const answer of answers) sums[answer.join(" ")] = (sums[answer.join(" ")] ?? 0) + 1;
  return sums;
};

test.each([
  ["without limits", {}],
  ["with limits", { limits: { requests: 1000 } }],
])("of 100 parallel uses of one proof at ten instances exactly one succeeds, %s", async (_, order) => {
  const ledgers = createMemoryLedgers();
  const instances = Array.from({ length: 10 }, () => start({ ledgers }));
  const credential = await bound(order);
  const [first] = instances;
  const proof = await proofFor(first as MintServer, credential);
  standIn.requests.length = 0;
  const uses = Array.from({ length: 10 }, () => instances.map((each) => ask(each, credential, proof))).flat();
  expect(count(await Promise.all(uses))).toEqual({ "200 ": 1, "401 invalid_dpop_proof": 99 });
  expect(standIn.requests).toHaveLength(1);
});

test("the same holds for what costs nothing, such as the list of models", async () => {
  const ledgers = createMemoryLedgers();
  const instances = [start({ ledgers }), start({ ledgers })];
  for (const order of [{}, { limits: { requests: 1000 } }]) {
    const credential = await bound(order);
    const proof = await proofFor(instances[0] as MintServer, credential, "GET", MODELS);
    const answers = await Promise.all(instances.map((each) => ask(each, credential, proof, MODELS)));
    expect(count(answers)).toEqual({ "200 ": 1, "401 invalid_dpop_proof": 1 });
  }
});

test("an instance takes a nonce that another gave", async () => {
  const ledgers = createMemoryLedgers();
  const credential = await bound();
  const proof = await proofFor(start({ ledgers }), credential);
  expect(await ask(start({ ledgers }), credential, proof)).toEqual([200, undefined]);
});

test("what one use takes from the ledger is a row without an account, and nothing of any limit", async () => {
  const ledgers = createMemoryLedgers();
  const server = start({ ledgers });
  const credential = await bound({ limits: { requests: 2 } });
  for (let use = 0; use < 3; use++) {
    const proof = await proofFor(server, credential, "GET", MODELS);
    expect(await ask(server, credential, proof, MODELS)).toEqual([200, undefined]);
  }
  expect(await ask(server, credential, await proofFor(server, credential))).toEqual([200, undefined]);
});

test("where the ledger does not answer, a bound credential is of no use and a bearer one of none either", async () => {
  const broken = async (): Promise<never> => {
    throw new Error("the ledger is gone");
  };
  const server = start({ ledgers: { getByName: () => ({ reserve: broken }) as never } });
  const credential = await bound();
  expect(await ask(server, credential, await proofFor(server, credential))).toEqual([503, "ledger_unavailable"]);
});

test("a revoked credential is refused by an instance that never heard of it", async () => {
  const ledgers = createMemoryLedgers();
  const credential = await bound();
  const { jti } = JSON.parse(Buffer.from(credential.split(".")[1] ?? "", "base64url").toString()) as { jti: string };
  await ledgers.getByName("default").revoke({ kind: "jti", jti }, Date.now());
  const server = start({ ledgers });
  standIn.requests.length = 0;
  expect((await ask(server, credential, await proofFor(server, credential)))[0]).toBe(401);
  expect(standIn.requests).toEqual([]);
});

test("an only instance asks no ledger which proofs were used, and refuses at its next start what its last one took", async () => {
  const refuses = async (): Promise<never> => {
    throw new Error("asked for a reservation");
  };
  const memory = createMemoryLedgers();
  const watched = {
    getByName: (name: string) => ({
      ...memory.getByName(name),
      reserve: (reservations: readonly unknown[], ...rest: [never, never]) =>
        reservations.length > 0 ? refuses() : memory.getByName(name).reserve([], ...rest),
    }),
  };
  const platform: Platform = { ledgers: watched as never, isOnlyInstance: true };
  const credential = await bound();
  const server = start(platform);
  const [used, unused] = [await proofFor(server, credential), await proofFor(server, credential)];
  expect(await ask(server, credential, used)).toEqual([200, undefined]);
  expect(await ask(server, credential, used)).toEqual([401, "invalid_dpop_proof"]);
  const next = start(platform);
  for (const proof of [used, unused]) expect(await ask(next, credential, proof)).toEqual([401, "use_dpop_nonce"]);
  expect(await ask(next, credential, await proofFor(next, credential))).toEqual([200, undefined]);
});
