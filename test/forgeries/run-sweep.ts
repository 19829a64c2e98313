import fc from "fast-check";
import { rawRequest } from "../support/raw-request.ts";
import type { Rig } from "../support/rig.ts";
import { chat } from "../support/work.ts";
import type { Forgery } from "./family.ts";
import { CREDENTIAL_FAMILIES } from "./forged-credential.ts";
import { PROOF_FAMILIES } from "./forged-proof.ts";
import { CHAT_PATH, createWorld, presented, refreshNonce, type World } from "./world.ts";

export interface SweepOptions {
  readonly seed: number;
  /** How many forgeries. */
  readonly count: number;
}

export interface SweepReport {
  /** Forgeries that were sent, by what was forged. */
  readonly sent: Readonly<Record<string, number>>;
  /** Answers, by status and code. */
  readonly answers: Readonly<Record<string, number>>;
  /** Those that were not refused as they must be. */
  readonly wrong: readonly unknown[];
  /** Requests without a flaw that went with them, all of which were answered. */
  readonly controls: number;
  /** What reached the provider beyond the controls. */
  readonly strays: number;
}

/** As many as a server answers at once without a queue. */
const AT_ONCE = 16;
/** A nonce lasts for 30 s at least. */
const BATCH = 1000;

/** Sends forgeries to a server, and one sound request with every hundred, which shows that the flaws decide. */
export async function runSweep(rig: Rig, { seed, count }: SweepOptions): Promise<SweepReport> {
  const world = await createWorld(rig);
  rig.standIn.requests.length = 0;
  const plan = fc.sample(fc.oneof(...CREDENTIAL_FAMILIES, ...PROOF_FAMILIES), { seed, numRuns: count });
  const [sent, answers]: Record<string, number>[] = [{}, {}];
  const wrong: unknown[] = [];
  let controls = 0;
  await sendUsedProof(world);
  for (let at = 0; at < plan.length; at += BATCH) {
    await refreshNonce(world);
    const batch = plan.slice(at, at + BATCH).entries();
    const work = async (): Promise<void> => {
      for (const [index, forgery] of batch) {
        if (index % 100 === 0) controls += await control(world, index % 200 === 0);
        add(sent ?? {}, forgery.family);
        const answer = await tryForgery(world, forgery);
        add(answers ?? {}, `${answer.status} ${answer.code}`);
        if (!answer.isRefused) wrong.push([forgery.family, answer.detail, answer.status, answer.code]);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }
  // One more for the proof that is used over and over.
  const strays = rig.standIn.requests.length - controls - 1;
  return { sent: sent ?? {}, answers: answers ?? {}, wrong, controls, strays };
}

function add(sums: Record<string, number>, name: string): void {
  sums[name] = (sums[name] ?? 0) + 1;
}

async function post(world: World, headers: object) {
  const answer = await rawRequest(world.issuer, {
    method: "POST",
    path: CHAT_PATH,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(chat()),
  });
  return { ...answer, code: /"code":\s*"([^"]*)"/.exec(answer.body)?.[1] };
}

async function sendUsedProof(world: World): Promise<void> {
  const { status } = await post(world, { authorization: `DPoP ${world.bound}`, dpop: world.usedProof });
  if (status !== 200) throw new Error(`a sound proof was refused: ${status}`);
}

/** @returns 1, the number of requests that went through */
async function control(world: World, isBound: boolean): Promise<1> {
  const credential = isBound ? world.bound : world.bearer;
  const { status, body } = await post(world, await presented(world, credential, isBound));
  if (status !== 200) throw new Error(`a sound request was refused: ${status} ${body}`);
  return 1;
}

async function tryForgery(world: World, forgery: Forgery) {
  const { headers, codes } = await forgery.make(world);
  const { status, code, headers: answered } = await post(world, headers);
  const challenge = answered["www-authenticate"] !== undefined;
  const isPrivate = answered["cache-control"] === "no-store";
  const isRefused = status === 401 && codes.includes(code ?? "") && challenge && isPrivate;
  return { status, code, isRefused, detail: isRefused ? undefined : { of: forgery.detail, headers } };
}
