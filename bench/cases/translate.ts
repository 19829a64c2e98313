import { productLanes, serveProduct, translatedStream } from "../product.ts";
import { type Result, result } from "../result.ts";
import { against, interleave, type Lane, type Work } from "../rounds.ts";
import { type Serving, serveFloor } from "../workerd.ts";
import { type CaseContext, TARGET } from "./case.ts";

const WORKS: Readonly<Record<string, Work>> = {
  burst: { order: { kind: "burst", size: 200 }, connections: 32, requests: 96 },
  "long-burst": { order: { kind: "burst", size: 1000 }, connections: 32, requests: 32 },
  paced: { order: { kind: "paced", size: 100, everyMs: 8 }, connections: 32, requests: 64 },
};

const targetOf = (pace: string): number =>
  pace === "paced" ? TARGET.translatedPacedTimes : TARGET.translatedBurstTimes;

/** CPU of a stream whose events are each translated, against one handed on: by the server's loop, and by one in JavaScript. */
export async function translate(context: CaseContext): Promise<readonly Result[]> {
  const { crew, rounds: count } = context;
  const servers: Serving[] = [];
  const lane = async (name: string, entry: Parameters<typeof serveFloor>[0], headers = {}): Promise<Lane> => {
    const server = await serveFloor(entry, crew.upstreamURL);
    servers.push(server);
    return { name, chatURL: server.chatURL, pid: server.pid, headers, sameBytes: false };
  };
  try {
    const product = await serveProduct(crew.upstreamURL);
    servers.push(product);
    const { projectKey } = await productLanes(product);
    const translated = translatedStream(projectKey, product);
    const floor = await lane("floor", "floor.ts");
    const floorAgain = await lane("floor again", "floor.ts");
    const pumped = await lane("translated", "translating.ts");
    const read = await lane("translated in JavaScript", "translating.ts", { "x-bench-in-javascript": "1" });
    const results: Result[] = [];
    for (const [pace, work] of Object.entries(WORKS)) {
      const rounds = await interleave(
        { ...context, lanes: [floor, floorAgain, translated, pumped, read] },
        work,
        count,
      );
      const times = (name: string, { name: lane }: Lane, what: string, target?: number): Result =>
        result(
          { name: `translate.${pace}.${name}.cpu`, what, unit: "x", ...(target !== undefined && { target }) },
          against(rounds, { lane, floor: floor.name }, (block, base) => block.cpuMsPerRequest / base.cpuMsPerRequest),
        );
      results.push(
        times("floor-again", floorAgain, `${pace} stream: the floor against itself (scatter)`),
        times("product", translated, `${pace} stream from Chat into Messages, by the mint-server`, targetOf(pace)),
        times("pumped", pumped, `${pace} stream translated event by event`),
        times("javascript", read, `${pace} stream translated by reading and writing in JavaScript`),
      );
    }
    return results;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}
