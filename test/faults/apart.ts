import { createRandom } from "../limits/priced.ts";
import { openRequest } from "../support/raw-request.ts";
import type { Rig } from "../support/rig.ts";
import { orderInText } from "../support/stand-in/orders.ts";

/** What became of requests of many users at once. */
export interface ApartReport {
  readonly requests: number;
  readonly cancelled: number;
  /** What somebody got that was not theirs, or did not get; empty if all is well. */
  readonly wrong: readonly string[];
  /** From a caller's leaving to the provider's connection closing, in milliseconds, ascending. */
  readonly closingsMs: readonly number[];
}

export interface ApartOptions {
  readonly requests: number;
  readonly seed: number;
  readonly users?: number;
  readonly atOnce?: number;
}

const CANCELLED_SHARE = 0.4;
const CLOSED_WITHIN_MS = 1000;
const KINDS = ["stream", "whole", "translated", "shared"] as const;

/** Users who ask at the same time, each for a text that nobody else asks for; some leave at a random moment. */
export async function askApart(rig: Rig, options: ApartOptions): Promise<ApartReport> {
  const { requests, seed, users = 50, atOnce = 64 } = options;
  const random = createRandom(seed);
  const authorities = await Promise.all(
    Array.from({ length: users }, async (_, user) => `Bearer ${(await rig.issue({ subject: `user-${user}` })).key}`),
  );
  const jobs = Array.from({ length: requests }, (_, number) => ({
    user: Math.floor(random() * users),
    mark: `m${seed}x${number}x`,
    kind: KINDS[Math.floor(random() * KINDS.length)] ?? "stream",
    events: 3 + Math.floor(random() * 30),
    everyMs: Math.floor(random() * 4),
    leavesAfterMs: random() < CANCELLED_SHARE ? random() * 120 : undefined,
  }));
  const wrong: string[] = [];
  const closingsMs: number[] = [];
  let cancelled = 0;
  const work = async (): Promise<void> => {
    for (let job = jobs.pop(); job; job = jobs.pop()) {
      const asked = await ask(rig, job, authorities[job.user] ?? "");
      if (asked.leftAt !== undefined) cancelled++;
      if (asked.problem) wrong.push(`user ${job.user}, ${job.kind}: ${asked.problem}`);
      const closed = asked.leftAt === undefined ? undefined : await closing(rig, job.mark, asked.leftAt);
      if (closed !== undefined && closed > CLOSED_WITHIN_MS) wrong.push(`open ${closed} ms after its caller left`);
      if (closed !== undefined) closingsMs.push(closed);
      forget(rig, job.mark);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  // Also one that came to the provider after its caller had left.
  const lastLeftAt = performance.now();
  while (rig.standIn.requests.some(({ closed }) => !closed)) {
    if (performance.now() - lastLeftAt > CLOSED_WITHIN_MS) {
      wrong.push("a request that nobody waits for is still open");
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { requests, cancelled, wrong, closingsMs: closingsMs.sort((a, b) => a - b) };
}

interface Job {
  readonly user: number;
  readonly mark: string;
  readonly kind: (typeof KINDS)[number];
  readonly events: number;
  readonly everyMs: number;
  readonly leavesAfterMs: number | undefined;
}

interface Asked {
  readonly problem?: string | undefined;
  readonly leftAt?: number;
}

async function ask(rig: Rig, job: Job, authority: string): Promise<Asked> {
  const { path, body } = requestOf(job);
  const asked = openRequest(rig.url(path), headersOf(job, authority), JSON.stringify(body));
  let leftAt: number | undefined;
  const timer =
    job.leavesAfterMs === undefined
      ? undefined
      : setTimeout(() => {
          leftAt = performance.now();
          asked.leave(job.everyMs % 2 === 0 ? "reset" : "close");
        }, job.leavesAfterMs);
  let text = "";
  let status = 0;
  try {
    const answer = await asked.answer;
    status = answer.statusCode ?? 0;
    for await (const part of answer as AsyncIterable<Buffer>) text += part;
  } catch (error) {
    if (leftAt === undefined) return { problem: String(error) };
  } finally {
    clearTimeout(timer);
  }
  const foreign = [...text.matchAll(/m\d+x\d+x/g)].find(([mark]) => mark !== job.mark);
  if (foreign) return { problem: `holds ${foreign[0]}`, ...(leftAt !== undefined && { leftAt }) };
  if (leftAt !== undefined) return { leftAt };
  const count = text.split(job.mark).length - 1;
  const isWhole = status === 200 && count >= job.events;
  return isWhole ? {} : { problem: `status ${status}, ${count} of ${job.events} marks: ${text.slice(-200)}` };
}

function headersOf({ kind, mark }: Job, authority: string): Record<string, string> {
  return {
    authorization: authority,
    "content-type": "application/json",
    ...(kind === "shared" && { "idempotency-key": mark, "x-mintgate-hold": "0" }),
  };
}

function requestOf({ kind, mark, events, everyMs }: Job): { path: string; body: object } {
  const text = Array.from({ length: events }, () => mark).join(" ");
  const content = orderInText({ text, ...(kind === "whole" ? { firstByteDelayMs: 15 * everyMs } : { everyMs }) });
  const body = { model: "gpt-4o", messages: [{ role: "user", content }], stream: kind !== "whole" };
  return kind === "translated"
    ? { path: "anthropic/v1/messages", body: { ...body, max_tokens: 100 } }
    : { path: "chat/completions", body };
}

/** How long the provider's connection lived on; undefined where it had ended before, or the request never came to it. */
async function closing(rig: Rig, mark: string, leftAt: number): Promise<number | undefined> {
  const open = () => rig.standIn.requests.some((request) => !request.closed && isOf(request.orders, mark));
  // A request that has not come yet is on its way, or was taken back.
  while (open() && performance.now() - leftAt < 5 * CLOSED_WITHIN_MS)
    await new Promise((resolve) => setTimeout(resolve, 5));
  return Math.round(performance.now() - leftAt);
}

const isOf = ({ text }: { readonly text?: string }, mark: string): boolean => text?.startsWith(mark) === true;

function forget(rig: Rig, mark: string): void {
  const at = rig.standIn.requests.findIndex(({ orders, closed }) => closed && isOf(orders, mark));
  if (at >= 0) rig.standIn.requests.splice(at, 1);
}
