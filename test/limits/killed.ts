import type { GroupServer } from "./group-server.ts";
import { createRandom, dollars, outcomeOf, type Priced, priced, trueMicros } from "./priced.ts";

/** What reached the provider, and what it cost, of crowds between which the server was killed. */
export interface KilledOutcome {
  readonly limit: number;
  readonly reached: number;
  readonly cost: number;
  /** In how many lives of the server something reached the provider. */
  readonly lives: number;
  /** How each request ended. */
  readonly outcomes: readonly string[];
}

interface Spread {
  /** How many requests in all. */
  readonly size: number;
  /** How many are under way at a time; all of a part unless given. */
  readonly atOnce?: number;
  readonly kills: number;
  readonly seed: number;
  /** Whether each request costs all that is set aside for it; else a random part of it. */
  readonly exact: boolean;
}

/** Sends the crowd in parts; each but the last meets `kill -9` as soon as one more of it has reached the provider, or all have ended. */
export async function spendAcrossKills(
  group: GroupServer,
  { size, atOnce = size, kills, seed, exact }: Spread,
): Promise<KilledOutcome> {
  const random = createRandom(seed);
  const { standIn } = group;
  const request = (): Priced => {
    const fields = { stream: random() < 0.5 };
    const output = exact ? 20 : 1 + Math.floor(random() * 20);
    return priced({ output, max: 20, inputShare: exact ? 1 : random(), fields, orders: { everyMs: 1 } });
  };
  const limit = 10 * priced({ fields: { stream: false }, orders: { everyMs: 1 } }).hold;
  const key = await group.issue({ limits: { usd: dollars(limit) }, ttl_seconds: 3600 });
  const outcomes: string[] = [];
  standIn.requests.length = 0;
  const ask = (): Promise<string> => {
    const signal = random() < 1 / 3 ? AbortSignal.timeout(Math.ceil(random() * 200)) : undefined;
    return outcomeOf(group.post("chat/completions", request().body, { key, ...(signal && { signal }) }));
  };
  let lives = 0;
  for (let part = 0; part <= kills; part++) {
    const before = standIn.requests.length;
    const sent = inTurn(Math.ceil(size / (kills + 1)), atOnce, ask);
    if (part < kills) {
      const more = standIn.waitFor(() => standIn.requests.length > before).catch(() => undefined);
      await Promise.race([more, sent]);
      await group.kill();
    }
    outcomes.push(...(await sent));
    if (standIn.requests.length > before) lives++;
    if (part < kills) await group.start();
  }
  await standIn.waitFor(() => standIn.requests.every(({ closed }) => closed));
  return { limit, lives, reached: standIn.requests.length, cost: trueMicros(standIn.requests), outcomes };
}

/** So many at a time, until all have had their turn. */
export async function inTurn(count: number, atOnce: number, run: (at: number) => Promise<string>): Promise<string[]> {
  const results: string[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) results.push(await run(next++));
  };
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, worker));
  return results;
}
