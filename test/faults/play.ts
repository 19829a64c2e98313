import { type Rig, startRig } from "../support/rig.ts";
import { FAULTS } from "./faults.ts";
import { type Case, LANES, modelOf, nameOf, requestOf } from "./lanes.ts";
import { type Got, type Verdict, verdictOf } from "./verdict.ts";

const PLAIN_KEY = "project-key-of-the-plain";
const TIMED_KEY = "project-key-of-the-timed";
const REFUSED_KEY = "project-key-of-the-refused";
/** How soon a provider that is not needed any more must be left. */
const CLOSED_WITHIN_MS = 1000;

/** A server with an endpoint of each wire format: as usual, with deadlines of a second, and for those whose key is refused. */
export function startFaultRig(): Promise<Rig> {
  return startRig({
    config(standInURL) {
      const endpoints = (rest: object) => endpointsAt(new URL(standInURL).origin, rest);
      const timeouts = { firstByteSeconds: 1.5, idleSeconds: 1 };
      return {
        orgs: {
          plain: { keys: [PLAIN_KEY], endpoints: endpoints({}) },
          // An endpoint whose key was refused is not asked for a while, whatever the model.
          refused: { keys: [REFUSED_KEY], endpoints: endpoints({}) },
          timed: { keys: [TIMED_KEY], endpoints: endpoints({ timeouts }) },
        },
      };
    },
  });
}

function endpointsAt(origin: string, rest: object): readonly object[] {
  const bases = { openai: `${origin}/v1`, anthropic: origin, google: origin, bedrock: origin };
  // No breaker: each case is to meet its fault.
  const breaker = { failuresInARow: 1e6, leastRequests: 1e6, quarantineSeconds: 0.001 };
  return Object.entries(bases).map(([provider, baseURL]) => ({
    name: provider,
    provider,
    apiKey: `key-of-${provider}`,
    baseURL,
    breaker,
    models: LANES.filter((lane) => lane.provider === provider).flatMap((lane) =>
      FAULTS.map((fault) => modelOf({ lane, fault }, FAULTS)),
    ),
    ...(provider === "bedrock" && { aws: { region: "us-east-1" } }),
    ...rest,
  }));
}

export interface Played {
  readonly cases: number;
  /** How many ended in which way. */
  readonly endings: Readonly<Record<string, number>>;
  /** What went wrong; empty if all is well. */
  readonly wrong: readonly string[];
}

/** Plays cases, some at once. */
export async function play(rig: Rig, cases: readonly Case[], atOnce = 16): Promise<Played> {
  const left = [...cases];
  const endings: Record<string, number> = {};
  const wrong: string[] = [];
  const authority = await authorities(rig);
  const work = async (): Promise<void> => {
    for (let one = left.pop(); one; one = left.pop()) {
      const { kind, problem } = await playOne(rig, one, authority(one)).catch((error: unknown) => ({
        kind: "wrong",
        problem: String(error),
      }));
      endings[kind] = (endings[kind] ?? 0) + 1;
      if (problem) wrong.push(`${nameOf(one)}: ${problem}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { cases: cases.length, endings, wrong };
}

async function authorities(rig: Rig): Promise<(one: Case) => string> {
  const order = { limits: { tokens: 1e12, requests: 1e9 }, ttl_seconds: 3600 };
  const projects = [PLAIN_KEY, TIMED_KEY, REFUSED_KEY];
  const limited = await Promise.all(projects.map((key) => rig.issue(order, `Bearer ${key}`)));
  return ({ way, fault: { isSilent, orders } }) => {
    const keys = way === "limited" ? limited.map(({ key }) => key) : projects;
    const at = isSilent ? 1 : orders.status === 401 || orders.status === 403 ? 2 : 0;
    return `Bearer ${keys[at]}`;
  };
}

let count = 0;

async function playOne(
  rig: Rig,
  one: Case,
  authority: string,
): Promise<{ kind: string; problem?: string | undefined }> {
  const mark = `case ${++count};`;
  const { path, body } = requestOf(one, { model: modelOf(one, FAULTS), mark });
  const headers = { authorization: authority, "content-type": "application/json" };
  const ask = () =>
    gather(
      fetch(rig.url(path), {
        method: "POST",
        headers: one.way === "idempotent" ? { ...headers, "idempotency-key": mark } : headers,
        body: JSON.stringify(body),
      }),
    );
  const requests = () => rig.standIn.requests.filter((request) => request.body.includes(mark));
  const first = await ask();
  const verdict = verdictOf(first, one.lane.listener, one.stream);
  let problem = problemWith(one, verdict);
  if (!problem && isAskedAgain(one, first)) {
    const second = await ask();
    problem = problemWith(one, verdictOf(second, one.lane.listener, one.stream));
    const isShared = second.headers.get("x-bt-cached") === "HIT";
    if (problem) problem = `asked again: ${problem}`;
    else if (isShared && verdict.kind !== "full") problem = "a failed answer was given again";
  }
  problem ??= await leftOpen(requests);
  const mine = new Set(requests());
  for (let at = rig.standIn.requests.length - 1; at >= 0; at--) {
    const request = rig.standIn.requests[at];
    if (request && mine.has(request)) rig.standIn.requests.splice(at, 1);
  }
  return { kind: verdict.kind, problem };
}

/** What is longer than an answer that is kept is not there again. */
function isAskedAgain({ way }: Case, { body }: Got): boolean {
  return (way === "idempotent" && body.length < 1e6) || way === "cacheable";
}

async function gather(asked: Promise<Response>): Promise<Got> {
  const answer = await asked;
  const decoder = new TextDecoder();
  const got = { status: answer.status, headers: answer.headers };
  let body = "";
  try {
    for await (const chunk of answer.body ?? []) body += decoder.decode(chunk, { stream: true });
    return { ...got, body, isBroken: false };
  } catch {
    return { ...got, body, isBroken: true };
  }
}

function problemWith({ fault, stream }: Case, verdict: Verdict): string | undefined {
  const { expected, orders } = fault;
  // What a provider garbles, it garbles; nothing is missing.
  if (verdict.kind === "wrong" && verdict.isGarbled && orders.malformedEvent !== undefined) return undefined;
  if (verdict.kind === "wrong") return verdict.why;
  if (verdict.kind === "broken off") return expected === "full" || stream ? "broken off" : undefined;
  if (verdict.kind === "error") return expected === "full" ? `an error: ${verdict.said.slice(0, 200)}` : undefined;
  if (expected === "error") return "it looks whole";
  const { events = 0, pieceLength = 0 } = { events: 12, ...orders };
  const text = Array.from({ length: events }, (_, at) => `w${at} `.padEnd(pieceLength, ".")).join("");
  if (orders.malformedEvent === undefined && verdict.text !== text)
    return `another text: ${verdict.text.slice(0, 200)}`;
  return undefined;
}

async function leftOpen(requests: () => Rig["standIn"]["requests"]): Promise<string | undefined> {
  const until = Date.now() + CLOSED_WITHIN_MS;
  while (requests().some(({ closed }) => !closed)) {
    if (Date.now() > until) return "the provider's connection is still open";
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return undefined;
}
