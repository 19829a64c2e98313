import { bytesOf, type FuzzTarget } from "./target.ts";

const SIZE = 10 * 1024;
/** A body as callers send it, of the same size: what everything is compared with. */
const ORDINARY = JSON.stringify({
  model: "m",
  messages: Array.from({ length: 100 }, (_, at) => ({ role: "user", content: `Word ${at}. `.padEnd(64, "a") })),
}).slice(0, SIZE);
const BASE = JSON.stringify({
  text: ORDINARY.slice(0, SIZE - 2000),
  list: Array.from({ length: 150 }, (_, at) => ({ at })),
});

const times = (piece: string, rest = ""): string =>
  piece.repeat(Math.floor((SIZE - rest.length) / piece.length)) + rest;

/** Shapes that have cost readers more than they should. */
const SHAPES: Readonly<Record<string, string>> = {
  brackets: times("["),
  objects: times('{"a":'),
  nested: `${"[".repeat(60)}${"1,".repeat(4900)}1${"]".repeat(60)}`,
  quotes: `"${times('\\"')}"`,
  backslashes: times("\\"),
  digits: times("9"),
  "long string": `{"model":"${times("a")}"}`,
  "many members": `{${Array.from({ length: 900 }, (_, at) => `"k${at}":1`).join()}}`,
  "equal members": `{${Array.from({ length: 1000 }, () => '"kkkk":1').join()}}`,
  "many items": `{"messages":[${Array.from({ length: 3000 }, () => "{}").join()}]}`,
  "line ends": times("\n"),
  "carriage returns": times("\r"),
  "data lines": times("data: x\n"),
  events: times("data: {}\n\n"),
  "open event": `data: ${times("a")}`,
  dots: times("."),
  dashes: times("--fuzzfuzz\r\n"),
  zeros: times("\0"),
  "small frames": times("\0\0\0\x10"),
  surrogates: `"${times("\\ud800")}"`,
};

/** The least of several times, which the load of the machine has least to do with. In milliseconds. */
async function least(act: () => unknown, runs: number): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const started = performance.now();
    await act();
    best = Math.min(best, performance.now() - started);
  }
  return best;
}

/** What the dearest 10 KiB cost a target, as a multiple of parsing 10 KiB of ordinary JSON. */
export async function costsOf(
  target: FuzzTarget,
  runs = 15,
): Promise<{ readonly ratio: number; readonly shape: string }> {
  const base = await least(() => JSON.parse(BASE), 200);
  let dearest = { ratio: 0, shape: "none" };
  for (const [shape, text] of Object.entries(SHAPES)) {
    const input = bytesOf(text);
    const ms = await least(async () => target.run(input), runs).catch(() => 0);
    const ratio = ms / base / (target.readings ?? 1);
    if (ratio > dearest.ratio) dearest = { ratio, shape };
  }
  return dearest;
}
