import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Job, LoadOrder, LoadReport, Taken } from "./load.ts";
import { stop, track } from "./processes.ts";
import type { UpstreamReport } from "./upstream.ts";

/** The two processes around the server under measurement: the load in front of it and the provider behind it. */
export interface Crew {
  readonly upstreamURL: string;
  /** Runs one block of load; rejects if any request was not answered with 200 and read to its end. */
  run(job: Job): Promise<Taken>;
  /** Opens the job's connections and lets nobody read what comes. */
  stall(job: Job): Promise<void>;
  /** Drops the stalled connections. */
  release(): Promise<void>;
  /** Floods that are open at the provider, and how many bytes the operating system took of them. */
  floods(): Promise<{ readonly open: number; readonly takenBytes: number }>;
  stop(): Promise<void>;
}

/** Starts the provider and the load generator, each as a process of its own. */
export async function startCrew(): Promise<Crew> {
  const upstream = start("upstream.ts");
  const load = start("load.ts");
  const listening = await message<UpstreamReport>(upstream);
  if (listening.type !== "listening") throw new Error("the provider did not start");
  const order = (what: LoadOrder): Promise<LoadReport> => ask<LoadReport>(load, what);
  return {
    upstreamURL: `http://127.0.0.1:${listening.port}`,
    async run(job) {
      const report = await order({ type: "run", job });
      if (report.type !== "taken") throw new Error(report.type === "failed" ? report.message : "no figures came back");
      return report.taken;
    },
    async stall(job) {
      await order({ type: "stall", job });
    },
    async release() {
      await order({ type: "release" });
    },
    async floods() {
      const report = await ask<UpstreamReport>(upstream, "floods");
      if (report.type !== "floods") throw new Error("the provider has no count");
      return report;
    },
    async stop() {
      await Promise.all([stop(upstream), stop(load)]);
    },
  };
}

function start(file: string): ChildProcess {
  return track(fork(fileURLToPath(new URL(file, import.meta.url)), { stdio: ["ignore", "inherit", "inherit", "ipc"] }));
}

function ask<Report>(child: ChildProcess, order: LoadOrder | "floods"): Promise<Report> {
  const answer = message<Report>(child);
  child.send(order);
  return answer;
}

function message<Report>(child: ChildProcess): Promise<Report> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a helper process ended with code ${code}`));
    child.once("exit", ended);
    child.once("message", (report) => {
      child.off("exit", ended);
      resolve(report as Report);
    });
  });
}
