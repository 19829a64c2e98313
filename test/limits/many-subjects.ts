import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import type { IssuedCredential } from "../../mint-server/contract/credential.ts";
import { createDpopClient } from "../support/dpop.ts";
import { APP_ORIGIN, type Rig, startRig } from "../support/rig.ts";
import { inTurn } from "./killed.ts";
import { dollars, outcomeOf, priced, tally, trueMicros } from "./priced.ts";

/** Whoever is nobody in particular may be as many as they like: what they spend together is bounded by other means. */
export interface Flood {
  /** How many ask for a session, each with a key of its own. */
  readonly subjects: number;
  /** From how many networks they come. */
  readonly networks: number;
  /** How many of one network are let in within a minute. */
  readonly perMinute: number;
  /** For how many requests the organisation has money. */
  readonly requests: number;
  /** Among how many ledgers they are spread; one unless given. */
  readonly shards?: number;
}

export interface FloodOutcome {
  readonly entered: number;
  /** How many can have entered in the time that it took. */
  readonly mayEnter: number;
  readonly reached: number;
  readonly spentMicros: number;
  readonly capMicros: number;
  readonly outcomes: Readonly<Record<string, number>>;
}

const MINUTE_MS = 60_000;
const AT_ONCE = 32;
/** Of the one who has no session. */
const NO_SESSION = "429 rate_limit_exceeded at the door";

/** All of them ask for a session, and each who gets one for one answer. */
export async function flood({ subjects, networks, perMinute, requests, shards = 1 }: Flood): Promise<FloodOutcome> {
  const one = priced();
  const capMicros = requests * one.hold;
  const rig = await startRig({
    settings: { CLIENT_ADDRESS_HEADER: "X-Real-IP" },
    config: (baseURL) => ({
      orgs: {
        default: {
          origins: [APP_ORIGIN],
          endpoints: [{ name: "openai", provider: "openai", apiKey: "$OPENAI_API_KEY", baseURL }],
          limits: { usd: dollars(capMicros) },
          ledgerShards: shards,
          sessions: {
            authorize: { type: "anonymous" },
            limits: { usd: dollars(2 * one.hold) },
            rate: { perMinute },
          },
        },
      },
    }),
  });
  try {
    const started = Date.now();
    const all = await inTurn(subjects, AT_ONCE, (at) => visit(rig, networkOf(at % networks), one.body));
    const minutes = Math.floor((Date.now() - started) / MINUTE_MS) + 1;
    const outcomes = tally(all);
    return {
      entered: subjects - (outcomes[NO_SESSION] ?? 0),
      mayEnter: networks * perMinute * minutes,
      reached: rig.standIn.requests.length,
      spentMicros: trueMicros(rig.standIn.requests),
      capMicros,
      outcomes,
    };
  } finally {
    await rig.stop();
  }
}

/** An address of a network; a client behind it may take any other of the same. */
function networkOf(at: number): (host: number) => string {
  return (host) => `198.${18 + (at >> 8)}.${at & 255}.${1 + (host % 254)}`;
}

let hosts = 0;

async function visit(rig: Rig, addressIn: (host: number) => string, body: string): Promise<string> {
  const who = await createDpopClient();
  const headers = { "content-type": "application/json", origin: APP_ORIGIN, "x-real-ip": addressIn(hosts++) };
  const door = await who.fetch(rig.url("credentials/session"), { method: "POST", headers, body: "{}" });
  if (!door.ok) return `${await outcomeOf(Promise.resolve(door))} at the door`;
  const { key: credential } = (await door.json()) as IssuedCredential;
  return outcomeOf(who.fetch(rig.url("chat/completions"), { method: "POST", headers, body, credential }));
}

/** What holds for all of them together. */
export function checkFlood({ subjects }: Flood, outcome: FloodOutcome): void {
  const { entered, mayEnter, reached, spentMicros, capMicros, outcomes } = outcome;
  const known = new Set(["200", "402 budget_exceeded", NO_SESSION]);
  assert.deepEqual(
    Object.keys(outcomes).filter((name) => !known.has(name)),
    [],
  );
  assert.ok(entered > 0 && entered <= Math.min(subjects, mayEnter), `${entered} entered of ${mayEnter} who might`);
  assert.equal(reached, outcomes["200"]);
  assert.ok(spentMicros <= capMicros, `spent ${spentMicros} of ${capMicros} micro-dollars`);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      subjects: { type: "string", default: "10000" },
      networks: { type: "string", default: "120" },
      "per-minute": { type: "string", default: "60" },
      requests: { type: "string", default: "500" },
      shards: { type: "string", default: "1" },
    },
  });
  const order = {
    subjects: Number(values.subjects),
    networks: Number(values.networks),
    perMinute: Number(values["per-minute"]),
    requests: Number(values.requests),
    shards: Number(values.shards),
  };
  const outcome = await flood(order);
  console.log(outcome);
  checkFlood(order, outcome);
}
