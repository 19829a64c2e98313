import { type Result, result } from "../result.ts";
import { against, interleave, type Lane, measure, type Work } from "../rounds.ts";
import { withServers } from "../servers.ts";
import { figure } from "../statistics.ts";
import { rssMb } from "../usage.ts";
import { UNIQUE } from "../work.ts";
import { serveFloor } from "../workerd.ts";
import { type CaseContext, TARGET } from "./case.ts";

const BURST: Work = { order: { kind: "burst", size: 200 }, connections: 32, requests: 96 };
const PACED: Work = { order: { kind: "paced", size: 100, everyMs: 8 }, connections: 32, requests: 64 };
const ALONE: Work = { order: { kind: "paced", size: 6, everyMs: 4 }, connections: 1, requests: 100 };
const MANY: Work = { order: { kind: "paced", size: 100, everyMs: 20 }, connections: 200, requests: 200 };

/** What it costs that a stream can be resumed: an object owns it, and its caller follows. Against an ordinary relay. */
export function resume(context: CaseContext): Promise<readonly Result[]> {
  return withServers(context, async ({ lanes }) => {
    const relaying = await serveFloor("relaying.ts", context.crew.upstreamURL);
    try {
      const relay: Lane = { name: "relay", ...relaying, headers: { authorization: "Bearer sk-bench-callers-own-key" } };
      return await compare(context, relay, lanes.bearer);
    } finally {
      await relaying.stop();
    }
  });
}

async function compare(context: CaseContext, relay: Lane, direct: Lane): Promise<readonly Result[]> {
  const held = holding(direct);
  const results: Result[] = [];
  for (const [pace, work] of Object.entries({ burst: BURST, paced: PACED })) {
    const rounds = await interleave({ ...context, lanes: [relay, direct, held] }, work, context.rounds);
    const times = (name: string, lane: Lane, what: string, target?: number): Result =>
      result(
        { name: `resume.${pace}.${name}.cpu`, what, unit: "x", ...(target !== undefined && { target }) },
        against(
          rounds,
          { lane: lane.name, floor: relay.name },
          (block, base) => block.cpuMsPerRequest / base.cpuMsPerRequest,
        ),
      );
    results.push(
      times("held", held, `${pace} stream that can be resumed, against a relay`, TARGET.resumableTimes),
      times("observed", direct, `${pace} stream read along, against a relay`),
    );
  }
  const alone = await interleave({ ...context, lanes: [direct, held] }, ALONE, context.rounds);
  const added = against(
    alone,
    { lane: held.name, floor: direct.name },
    (block, base) => block.firstByteMs.p50 - base.firstByteMs.p50,
  );
  return [
    ...results,
    result(
      {
        name: "resume.first-byte.p50",
        what: "added to the first byte of a stream by its being resumable, p50",
        unit: "ms",
        target: TARGET.resumableFirstByteMs,
      },
      added,
    ),
    ...(await memoryOf(context, relay, held)),
  ];
}

/** Under a key of its own for each request, as the worker in the browser sends them. */
function holding(lane: Lane): Lane {
  return {
    ...lane,
    name: `${lane.name}, held`,
    headers: { ...lane.headers, "idempotency-key": UNIQUE, "x-mintgate-hold": "30" },
  };
}

/** Memory of 200 streams that run at once, after as many have run before. */
async function memoryOf({ crew, progress }: CaseContext, relay: Lane, held: Lane): Promise<readonly Result[]> {
  const perStream = async (lane: Lane): Promise<number> => {
    progress(`many streams on ${lane.name}`);
    await measure(crew, lane, MANY);
    const before = rssMb(lane.pid);
    const { peakRssMb } = await measure(crew, lane, MANY);
    return (peakRssMb - before) / MANY.connections;
  };
  return [
    result(
      { name: "resume.memory.relay", what: "the relay's growth for each of 200 running streams", unit: "MB" },
      figure([await perStream(relay)]),
    ),
    result(
      {
        name: "resume.memory.held",
        what: "growth for each of 200 running streams that can be resumed",
        unit: "MB",
        target: TARGET.resumableMb,
      },
      figure([await perStream(held)]),
    ),
  ];
}
