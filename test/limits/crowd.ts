import { issueBound, type Rig } from "../support/rig.ts";
import { createRandom, outcomeOf, type Priced } from "./priced.ts";

/** One who sends requests with a credential. */
export type Sender = (body: string, signal?: AbortSignal) => Promise<Response>;

/** A credential with limits, held by a bearer or bound to a key. */
export async function createSender(rig: Rig, kind: "bearer" | "bound", order: object): Promise<Sender> {
  const headers = { "content-type": "application/json" };
  const url = rig.url("chat/completions");
  if (kind === "bearer") {
    const authorization = `Bearer ${(await rig.issue(order)).key}`;
    return (body, signal) =>
      fetch(url, { method: "POST", headers: { ...headers, authorization }, body, ...(signal && { signal }) });
  }
  const { client, credential } = await issueBound(rig, order);
  // The first answer brings the nonce that all others need.
  await (await client.fetch(rig.url("models"), { credential })).body?.cancel();
  return (body, signal) => client.fetch(url, { method: "POST", headers, body, credential, ...(signal && { signal }) });
}

export interface CrowdOptions {
  readonly send: Sender;
  /** The request of each; called once for each. */
  readonly request: (at: number) => Priced;
  readonly size: number;
  /** Share of them that leave at random. */
  readonly leaving?: number;
  readonly seed?: number;
}

/** Latest time after which one who leaves does, in milliseconds. */
const PATIENCE_MS = 400;

/** All at once; resolves with how each ended. */
export function sendCrowd({ send, request, size, leaving = 0, seed = 1 }: CrowdOptions): Promise<string[]> {
  const random = createRandom(seed);
  const one = (_: unknown, at: number): Promise<string> => {
    const { body } = request(at);
    if (random() >= leaving) return outcomeOf(send(body));
    return outcomeOf(send(body, AbortSignal.timeout(Math.ceil(random() * PATIENCE_MS))));
  };
  return Promise.all(Array.from({ length: size }, one));
}
