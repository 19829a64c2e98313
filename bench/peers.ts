import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { stop, track, until } from "./processes.ts";
import type { Lane } from "./rounds.ts";
import type { Serving } from "./workerd.ts";

const PEER = "@portkey-ai/gateway";

/** Another gateway under the same load, and the lane that leads through it. */
export interface Peer extends Serving {
  readonly lane: Lane;
  /** From the start of the process to its first answer, in milliseconds. */
  readonly startMs: number;
}

/** Starts the gateway's published build on this Node, as its own command does. */
export async function servePeer(upstreamURL: string): Promise<Peer> {
  const port = await freePort();
  const script = createRequire(import.meta.url).resolve(`${PEER}/build/start-server.js`);
  const started = performance.now();
  const child = track(spawn(process.execPath, [script, `--port=${port}`, "--headless"], { stdio: "ignore" }));
  const url = `http://127.0.0.1:${port}`;
  await until(
    () =>
      fetch(url).then(
        (response) => response.ok,
        () => false,
      ),
    { what: PEER, everyMs: 5 },
  );
  const startMs = performance.now() - started;
  const serving = { chatURL: `${url}/v1/chat/completions`, pid: child.pid as number, stop: () => stop(child) };
  const headers = {
    authorization: "Bearer sk-bench-callers-own-key",
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": `${upstreamURL}/v1`,
  };
  const lane: Lane = { name: PEER, chatURL: serving.chatURL, pid: serving.pid, headers, sameBytes: false };
  return { ...serving, lane, startMs };
}

/** A port that is free now, for servers that cannot choose one by themselves. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (!address || typeof address === "string") throw new Error("no port is free");
  return address.port;
}
