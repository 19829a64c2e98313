import type { IssuedCredential } from "../mint-server/contract/credential.ts";
import { HEADER } from "../mint-server/contract/headers.ts";
import { startServer } from "../mint-server/local/server.ts";
import { temporaryFolder, trackPid } from "./processes.ts";
import { makeProofKey, type ProofKey } from "./proofs.ts";
import type { Lane } from "./rounds.ts";
import { chatBody } from "./work.ts";
import type { Serving } from "./workerd.ts";

/** The real server, as `npm start` runs it, with the bench's provider behind it. */
export interface Product extends Serving {
  readonly url: string;
  readonly projectKey: string;
}

/** Starts the mint-server with fresh state. `assets` is a folder to serve in place of the demo. */
export async function serveProduct(upstreamURL: string, assets = temporaryFolder()): Promise<Product> {
  const server = await startServer({
    env: { OPENAI_API_KEY: "sk-bench-provider-key", OPENAI_BASE_URL: `${upstreamURL}/v1` },
    port: 0,
    stateFolder: temporaryFolder(),
    assets,
  });
  const { url, projectKey, pid } = server;
  if (projectKey === undefined) throw new Error("the server made no project key");
  return {
    url,
    projectKey,
    pid: trackPid(pid),
    chatURL: `${url}/v1/proxy/chat/completions`,
    stop: () => server.stop(),
  };
}

/** The ways to call the product; each is one kind of authorisation. */
export async function productLanes(product: Product): Promise<{
  readonly providerKey: Lane;
  readonly projectKey: Lane;
  readonly bearer: Lane;
  readonly bound: Lane;
  readonly limited: Lane;
}> {
  const lane = (name: string, authorization: string): Lane => ({
    name,
    chatURL: product.chatURL,
    pid: product.pid,
    headers: { authorization },
  });
  const proofKey = await makeProofKey();
  const bearer = await issueBearer(product);
  const bound = await issueCredential(product, { jkt: proofKey.jkt });
  const limits = { usd: 1e6, requests: 1e9, requestsPerMinute: 1e7, per: "day" };
  const limited = await issueCredential(product, { jkt: proofKey.jkt, subject: "bench", limits });
  return {
    providerKey: lane("provider key", "Bearer sk-bench-callers-own-key"),
    projectKey: lane("project key", `Bearer ${product.projectKey}`),
    bearer: lane("bearer credential", `Bearer ${bearer}`),
    bound: { ...lane("bound credential", `DPoP ${bound}`), prove: prover(product, proofKey, bound) },
    limited: { ...lane("bound and limited", `DPoP ${limited}`), prove: prover(product, proofKey, limited) },
  };
}

/** The same lane for a caller who proves a stream's completeness itself, as the worker in the browser does. */
export function nativeStream(lane: Lane): Lane {
  return { ...lane, name: `${lane.name}, native`, headers: { ...lane.headers, [HEADER.completeness]: "caller" } };
}

/** A caller of Anthropic's schema, whose streams the mint-server makes from OpenAI's. */
export function translatedStream(lane: Lane, { url }: Product): Lane {
  return {
    ...lane,
    name: "translated by the mint-server",
    chatURL: `${url}/v1/proxy/anthropic/v1/messages`,
    sameBytes: false,
  };
}

/** A bearer credential for anything that the project key may do. */
export function issueBearer(product: Product): Promise<string> {
  return issueCredential(product, {});
}

/** Issues a bearer credential. */
export async function issueCredential(product: Product, options: object): Promise<string> {
  const response = await fetch(`${product.url}/v1/proxy/credentials`, {
    method: "POST",
    headers: { authorization: `Bearer ${product.projectKey}`, "content-type": "application/json" },
    body: JSON.stringify({ ttl_seconds: 86400, ...options }),
  });
  if (!response.ok) throw new Error(`no credential was issued: ${response.status} ${await response.text()}`);
  return ((await response.json()) as IssuedCredential).key;
}

/** Signs with the server's nonce of this moment, which it gives away with any answer to a proof without one. */
function prover({ chatURL: url }: Product, key: ProofKey, credential: string): NonNullable<Lane["prove"]> {
  return async (count) => {
    const [proof = ""] = await key.sign({ url, credential }, 1);
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization: `DPoP ${credential}`, [HEADER.dpop]: proof, "content-type": "application/json" },
      body: chatBody({ kind: "json", size: 0 }),
    });
    await response.arrayBuffer();
    const nonce = response.headers.get(HEADER.dpopNonce);
    if (!nonce) throw new Error(`the server gave no nonce with its ${response.status}`);
    return key.sign({ url, credential, nonce }, count);
  };
}
