import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const binary = (createRequire(import.meta.url)("workerd") as { readonly default: string }).default;

/** A Worker of the tests' own, on a bare workerd. */
export interface BareWorker {
  /** Its module. */
  readonly entry: URL;
  /** Bindings, as rows of workerd's configuration. */
  readonly bindings: readonly string[];
  /** The class of its one Durable Object. */
  readonly className: string;
}

const configuration = ({ bindings, className }: BareWorker): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "objects", disk = (path = "objects", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  compatibilityDate = "2026-10-23",
  compatibilityFlags = ["enable_request_signal"],
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  bindings = [${bindings.join(", ")}],
  durableObjectNamespaces = [(className = "${className}", uniqueKey = "tests", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
);
`;

/** Bundles a Worker into a folder, with a configuration whose objects are on that folder's disk. */
export async function writeWorker(folder: string, worker: BareWorker): Promise<void> {
  await build({
    configFile: false,
    logLevel: "silent",
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: "es2024",
      rollupOptions: { external: ["cloudflare:workers"], output: { codeSplitting: false } },
      lib: {
        entry: fileURLToPath(worker.entry),
        formats: ["es"],
        fileName: () => "worker.js",
      },
    },
  });
  mkdirSync(join(folder, "objects"));
  writeFileSync(join(folder, "config.capnp"), configuration(worker));
}

/** A workerd process on such a folder. */
export interface RunningWorker {
  readonly url: string;
  /** Ends it as `kill -9` does. */
  kill(): Promise<void>;
}

export async function startWorker(folder: string): Promise<RunningWorker> {
  const child = spawn(binary, ["serve", "config.capnp", "--control-fd=3"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const port = await listening(child);
  return {
    url: `http://127.0.0.1:${port}`,
    async kill() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

async function listening(child: ChildProcess): Promise<number> {
  const control = child.stdio[3];
  if (!control || !("readable" in control)) throw new Error("workerd has no control pipe");
  for await (const line of createInterface(control as NodeJS.ReadableStream)) {
    const { event, port } = JSON.parse(line) as { readonly event: string; readonly port?: number };
    if (event === "listen" && port !== undefined) return port;
  }
  throw new Error("workerd ended before it listened");
}
