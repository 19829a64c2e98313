import { nativeStream } from "../product.ts";
import { type Result, result } from "../result.ts";
import { against, interleave, type Work } from "../rounds.ts";
import { withServers } from "../servers.ts";
import { type CaseContext, TARGET } from "./case.ts";

const BURST: Work = { order: { kind: "burst", size: 200 }, connections: 32, requests: 96 };
const PACED: Work = { order: { kind: "paced", size: 100, everyMs: 8 }, connections: 32, requests: 64 };

/** CPU of one stream, 32 at once: all its events in a burst, or one every 8 ms; handed on natively, or read along. */
export function stream(context: CaseContext): Promise<readonly Result[]> {
  return withServers(context, async ({ lanes, floor, floorAgain, peers }) => {
    const native = nativeStream(lanes.bearer);
    const observed = lanes.bearer;
    const results: Result[] = [];
    for (const [pace, work] of Object.entries({ burst: BURST, paced: PACED })) {
      const all = [floor, floorAgain, native, observed, ...peers];
      const rounds = await interleave({ ...context, lanes: all }, work, context.rounds);
      const times = (name: string, lane: string, what: string, target?: number): Result =>
        result(
          { name: `stream.${pace}.${name}.cpu`, what, unit: "x", ...(target === undefined ? {} : { target }) },
          against(rounds, { lane, floor: floor.name }, (block, base) => block.cpuMsPerRequest / base.cpuMsPerRequest),
        );
      results.push(
        times("floor-again", floorAgain.name, `${pace} stream: the floor against itself (scatter)`),
        times("native", native.name, `${pace} stream that nothing looks into`, TARGET.nativeStreamTimes),
        times("observed", observed.name, `${pace} stream read along to prove it complete`),
        ...peers.map((peer) => times("peer", peer.name, `${pace} stream through ${peer.name}`)),
      );
    }
    return results;
  });
}
