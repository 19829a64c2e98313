import { spawn } from "node:child_process";
import { freePort, servePeer } from "../peers.ts";
import { stop, temporaryFolder, track, until } from "../processes.ts";
import { type Result, result } from "../result.ts";
import { figure } from "../statistics.ts";
import { listening, spawnWorkerd, writeFloor } from "../workerd.ts";
import type { CaseContext } from "./case.ts";

/** From the start of the command to the first answer: `npm start` with everything built, against bare workerd. */
export async function start({ crew, rounds, progress, peers }: CaseContext): Promise<readonly Result[]> {
  const floorFolder = await writeFloor("floor.ts", crew.upstreamURL);
  progress("building");
  await productStartMs();
  const floor: number[] = [];
  const product: number[] = [];
  const peer: number[] = [];
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    floor.push(await floorStartMs(floorFolder));
    product.push(await productStartMs());
    if (peers) peer.push(await peerStartMs(crew.upstreamURL));
  }
  return [
    result({ name: "start.floor", what: "bare workerd, to its first answer", unit: "ms" }, figure(floor)),
    result(
      { name: "start.npm-start", what: "npm start, built before, to its first answer", unit: "ms" },
      figure(product),
    ),
    ...(peers
      ? [result({ name: "start.peer", what: "@portkey-ai/gateway, to its first answer", unit: "ms" }, figure(peer))]
      : []),
  ];
}

async function floorStartMs(folder: string): Promise<number> {
  const started = performance.now();
  const child = spawnWorkerd(folder);
  try {
    const port = await listening(child);
    await fetch(`http://127.0.0.1:${port}/health`);
    return performance.now() - started;
  } finally {
    await stop(child);
  }
}

async function productStartMs(): Promise<number> {
  const port = await freePort();
  const env = { ...process.env, PORT: String(port), HOST: "127.0.0.1", MINTGATE_STATE: temporaryFolder() };
  const started = performance.now();
  const child = track(spawn("npm", ["start"], { env, stdio: ["ignore", "ignore", "inherit"] }));
  try {
    const health = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(`npm start ended with code ${child.exitCode}`);
      return fetch(`http://127.0.0.1:${port}/health`).then(
        (response) => response.ok,
        () => false,
      );
    };
    await until(health, { what: "npm start", everyMs: 5, withinMs: 120_000 });
    return performance.now() - started;
  } finally {
    await stop(child);
  }
}

async function peerStartMs(upstreamURL: string): Promise<number> {
  const peer = await servePeer(upstreamURL);
  await peer.stop();
  return peer.startMs;
}
