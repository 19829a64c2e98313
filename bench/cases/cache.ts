import { HEADER } from "../../mint-server/contract/headers.ts";
import { productLanes, serveProduct } from "../product.ts";
import { type Result, result } from "../result.ts";
import { against, interleave, type Lane, type Rounds, type Work } from "../rounds.ts";
import { type Serving, serveFloor } from "../workerd.ts";
import { type CaseContext, TARGET } from "./case.ts";

const ORDER = { kind: "json", size: 6000 } as const;

/** One question after the other, and more of them than the memory in front of the store holds: each is read from KV. */
const COLD_QUESTIONS = 1600;
/** The same few over and over. */
const WARM_QUESTIONS = 20;
/** How many are asked by 32 at once, and by one; or each once, if they are more. */
const REQUESTS = { busy: 1600, single: 200 };

/** A hit of the edge cache against the least that a hit in an encrypted KV can cost, both on the same local KV. */
export async function cache(context: CaseContext): Promise<readonly Result[]> {
  const servers: Serving[] = [];
  const kept = async <Server extends Serving>(starting: Promise<Server>): Promise<Server> => {
    const server = await starting;
    servers.push(server);
    return server;
  };
  try {
    const product = await kept(serveProduct(context.crew.upstreamURL));
    const floor = await bare("bare hit", kept(serveFloor("cached.ts", context.crew.upstreamURL)));
    const again = await bare("bare hit again", kept(serveFloor("cached.ts", context.crew.upstreamURL)));
    const { projectKey, bearer } = await productLanes(product);
    const lanes = [floor, again, ...[projectKey, bearer].map(cachedAlways)];
    const results: Result[] = [];
    for (const [pace, questions, target] of [
      ["cold", COLD_QUESTIONS, TARGET.coldHitTimes],
      ["warm", WARM_QUESTIONS, TARGET.warmHitTimes],
    ] as const) {
      const [busy, single] = await measureAll({ ...context, lanes }, questions);
      for (const lane of lanes.slice(1)) {
        const described = { pace, lane, floor, ...(lane !== again && { target }) };
        results.push(cpuOf(busy, described), p50Of(single, described));
      }
    }
    return results;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

async function bare(name: string, starting: Promise<Serving>): Promise<Lane> {
  const { chatURL, pid } = await starting;
  return { name, chatURL, pid, headers: {} };
}

function cachedAlways(lane: Lane): Lane {
  return { ...lane, headers: { ...lane.headers, [HEADER.useCache]: "always" } };
}

/** Every question is answered once before, so that all that is measured are hits. */
async function measureAll(
  context: Parameters<typeof interleave>[0] & { readonly rounds: number },
  questions: number,
): Promise<readonly [Rounds, Rounds]> {
  const work = (connections: number, requests: number): Work => ({
    order: ORDER,
    connections,
    requests: Math.max(requests, questions),
    questions,
  });
  const busy = await interleave(context, work(32, REQUESTS.busy), context.rounds);
  return [busy, await interleave(context, work(1, REQUESTS.single), context.rounds)];
}

interface Described {
  readonly pace: "cold" | "warm";
  readonly lane: Lane;
  readonly floor: Lane;
  readonly target?: number;
}

const label = ({ pace, lane }: Described) => `${pace} hit: ${lane.name}`;
const idOf = ({ pace, lane }: Described) => `cache.${pace}.${lane.name.replaceAll(" ", "-")}`;

function cpuOf(rounds: Rounds, described: Described): Result {
  const { lane, floor, target } = described;
  return result(
    { name: `${idOf(described)}.cpu`, what: label(described), unit: "x", ...(target !== undefined && { target }) },
    against(
      rounds,
      { lane: lane.name, floor: floor.name },
      (block, base) => block.cpuMsPerRequest / base.cpuMsPerRequest,
    ),
  );
}

function p50Of(rounds: Rounds, described: Described): Result {
  const { lane, floor } = described;
  return result(
    { name: `${idOf(described)}.p50`, what: `${label(described)}, p50`, unit: "x" },
    against(rounds, { lane: lane.name, floor: floor.name }, (block, base) => block.totalMs.p50 / base.totalMs.p50),
  );
}
