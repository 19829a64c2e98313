#!/usr/bin/env node
import process from "node:process";
import { runHere } from "./run-here.ts";

// `npx mintgate …`

for (const stream of [process.stdout, process.stderr]) {
  // Whoever reads us may have read enough, as `head` does.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

process.exitCode = await runHere(process.argv.slice(2));
