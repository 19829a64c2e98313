import { type Result, result } from "../result.ts";
import { against, interleave, of, type Work } from "../rounds.ts";
import { withServers } from "../servers.ts";
import { type CaseContext, TARGET } from "./case.ts";

const WORK: Work = { order: { kind: "json", size: 0 }, connections: 32, requests: 800 };

/** CPU of one chat request without streaming, 32 at once, by the kind of authorisation. */
export function chat(context: CaseContext): Promise<readonly Result[]> {
  return withServers(context, async ({ lanes, floor, floorAgain, hono, peers }) => {
    const { providerKey, projectKey, bearer, bound, limited } = lanes;
    const all = [floor, floorAgain, hono, providerKey, projectKey, bearer, bound, limited, ...peers];
    const rounds = await interleave({ ...context, lanes: all }, WORK, context.rounds);
    const times = (name: string, lane: string, what: string, target?: number): Result =>
      result(
        { name: `chat.${name}.cpu`, what, unit: "x", ...(target === undefined ? {} : { target }) },
        against(rounds, { lane, floor: floor.name }, (block, base) => block.cpuMsPerRequest / base.cpuMsPerRequest),
      );
    return [
      result(
        { name: "chat.floor.cpu-ms", what: "CPU of the floor for one request", unit: "ms" },
        of(rounds, floor.name, (block) => block.cpuMsPerRequest),
      ),
      times("floor-again", floorAgain.name, "chat: the floor against itself (scatter)"),
      times("hono", hono.name, "chat: the floor behind hono"),
      times("provider-key", providerKey.name, "chat with a provider's key"),
      times("project-key", projectKey.name, "chat with a project key"),
      times("bearer", bearer.name, "chat with a bearer credential", TARGET.bearerTimes),
      times("bound", bound.name, "chat with a bound credential", TARGET.boundTimes),
      times("limited", limited.name, "chat with a bound and limited credential", TARGET.limitedTimes),
      ...peers.map((peer) => times("peer", peer.name, `chat through ${peer.name}`)),
    ];
  });
}
