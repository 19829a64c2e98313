import { createRandom } from "../limits/priced.ts";
import type { Rig } from "../support/rig.ts";
import { orderInText } from "../support/stand-in/orders.ts";
import { ask, bytesOf, type Call, open, streaming } from "./asking.ts";

/** What became of streams whose connections were reset at random points. */
export interface CutReport {
  readonly streams: number;
  readonly resets: number;
  /** What is wrong with streams that did not come out right; empty if all did. */
  readonly wrong: readonly string[];
  /** From a reset to the next byte, in milliseconds, ascending. */
  readonly recoveriesMs: readonly number[];
}

export interface CutOptions {
  readonly streams: number;
  readonly seed: number;
  /** Streams at a time. */
  readonly atOnce?: number;
}

const MAX_RESETS = 4;

/** Cuts streams of every kind at random points, goes on each time, and compares what arrived with what was sent. */
export async function cutStreams(rig: Rig, { streams, seed, atOnce = 8 }: CutOptions): Promise<CutReport> {
  const random = createRandom(seed);
  const jobs = Array.from({ length: streams }, (_, number) => plan(number, seed, random));
  const wrong: string[] = [];
  const recoveriesMs: number[] = [];
  let resets = 0;
  const work = async (): Promise<void> => {
    for (let job = jobs.pop(); job; job = jobs.pop()) {
      const { body, recoveries } = await readWithCuts(rig, job);
      resets += recoveries.length;
      recoveriesMs.push(...recoveries);
      const problem = await judge(rig, job, body);
      if (problem) wrong.push(`${job.name}: ${problem}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { streams, resets, wrong, recoveriesMs: recoveriesMs.sort((a, b) => a - b) };
}

interface Job {
  /** Occurs in the request, and in no other. */
  readonly name: string;
  readonly call: Call;
  /** Bytes after which a connection is reset, each counted from where it began. */
  readonly cuts: readonly number[];
  readonly isTranslated: boolean;
}

function plan(number: number, seed: number, random: () => number): Job {
  const name = `cut ${seed}-${number};`;
  const isTranslated = number % 3 === 0;
  const orders = { events: 20 + Math.floor(random() * 100), everyMs: Math.floor(random() * 3) };
  const cuts = Array.from({ length: Math.ceil(random() * MAX_RESETS) }, () => Math.floor(random() ** 2 * 8000));
  const call = isTranslated
    ? { path: "anthropic/v1/messages", body: messages(`${name} ${orderInText(orders)}`) }
    : { body: streaming(orders, { user: name }) };
  return { name, isTranslated, cuts, call: { ...call, key: name } };
}

const messages = (content: string): object => ({
  model: "gpt-4o",
  max_tokens: 100,
  stream: true,
  messages: [{ role: "user", content }],
});

async function readWithCuts(rig: Rig, { call, cuts }: Job): Promise<{ body: Buffer; recoveries: number[] }> {
  const parts: Buffer[] = [];
  const recoveries: number[] = [];
  let position = 0;
  let cutAt: number | undefined;
  for (const cut of [...cuts, Number.POSITIVE_INFINITY]) {
    const asked = open(rig, call, { hold: 30, position });
    let got = 0;
    // Also before the first byte.
    if (cut > 0) {
      const answer = await asked.answer;
      if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`);
      answer.on("error", () => {});
      for await (const part of answer as AsyncIterable<Buffer>) {
        if (cutAt !== undefined) recoveries.push(performance.now() - cutAt);
        cutAt = undefined;
        parts.push(part);
        got += part.length;
        if (got >= cut) break;
      }
    }
    position += got;
    if (got < cut) break;
    asked.leave("reset");
    cutAt = performance.now();
  }
  return { body: Buffer.concat(parts), recoveries };
}

async function judge(rig: Rig, { name, call, isTranslated }: Job, body: Buffer): Promise<string | undefined> {
  // What the server still holds of it, in one piece.
  const held = await bytesOf(ask(rig, call));
  const calls = rig.standIn.requests.filter((request) => request.body.includes(name));
  if (calls.length !== 1) return `${calls.length} calls`;
  if (!held.equals(body)) return "other bytes than are held";
  if (!isTranslated) return calls[0]?.answer.equals(body) ? undefined : "other bytes than were sent";
  return isWhole(body.toString()) ? undefined : "not one whole message";
}

/** Each block's events once and in order, and the end once. */
function isWhole(text: string): boolean {
  const types = [...text.matchAll(/^event: (\w+)$/gm)].map(([, type]) => type);
  const words = [...text.matchAll(/"text":"(\w+) ?"/g)].map(([, word]) => word);
  const inOrder = words.every((word, at) => word === `w${at}`);
  return types[0] === "message_start" && types.at(-1) === "message_stop" && inOrder && words.length >= 20;
}
