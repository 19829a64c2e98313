import { type Result, result } from "../result.ts";
import { against, interleave, of, type Work } from "../rounds.ts";
import { withServers } from "../servers.ts";
import { type CaseContext, TARGET } from "./case.ts";

const WORK: Work = { order: { kind: "json", size: 0 }, connections: 1, requests: 200 };

/** What the mint-server adds to a chat request's time over the floor, one request at a time. */
export function latency(context: CaseContext): Promise<readonly Result[]> {
  return withServers(context, async ({ lanes, floor, floorAgain, peers }) => {
    const all = [floor, floorAgain, lanes.providerKey, lanes.bearer, lanes.bound, lanes.limited, ...peers];
    const rounds = await interleave({ ...context, lanes: all }, WORK, context.rounds);
    const added = (name: string, lane: string, what: string, target?: number): Result[] =>
      (["p50", "p95"] as const).map((share) =>
        result(
          {
            name: `latency.${name}.${share}`,
            what: `${what}, ${share}`,
            unit: "ms",
            ...(target !== undefined && share === "p50" && { target }),
          },
          against(rounds, { lane, floor: floor.name }, (block, base) => block.totalMs[share] - base.totalMs[share]),
        ),
      );
    return [
      result(
        { name: "latency.floor.p50", what: "the floor's own time for a chat request, p50", unit: "ms" },
        of(rounds, floor.name, (block) => block.totalMs.p50),
      ),
      ...added("floor-again", floorAgain.name, "added by the floor against itself (scatter)"),
      ...added("provider-key", lanes.providerKey.name, "added with a provider's key"),
      ...added("bearer", lanes.bearer.name, "added with a bearer credential"),
      ...added("bound", lanes.bound.name, "added with a bound credential"),
      ...added("limited", lanes.limited.name, "added with a bound and limited credential", TARGET.limitedMs),
      ...peers.flatMap((peer) => added("peer", peer.name, `added by ${peer.name}`)),
    ];
  });
}
