#!/usr/bin/env node
import process from "node:process";
import { text } from "node:stream/consumers";
import { run } from "./run.ts";

// `npx mintgate …`

for (const stream of [process.stdout, process.stderr]) {
  // Whoever reads us may have read enough, as `head` does.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  folder: process.cwd(),
  readInput: () => text(process.stdin),
  print: (line) => process.stdout.write(`${line}\n`),
  note: (line) => process.stderr.write(`${line}\n`),
});
