import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { stop, temporaryFolder, track } from "./processes.ts";

const binary = (createRequire(import.meta.url)("workerd") as { readonly default: string }).default;

/** A running server under measurement. */
export interface Serving {
  /** Where it takes `POST`s of chat completions. */
  readonly chatURL: string;
  /** The process that serves, whose CPU and memory count. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** What a Worker with a KV has beside the others; see `mint-server/local/kv.ts`. */
const kv = (objects: string) => ({
  service: `(name = "objects", disk = (path = "${objects}", writable = true)),`,
  bindings: `
    (name = "CACHE", kvNamespace = (name = "main", entrypoint = "localKv")),
    (name = "KV_OBJECT", durableObjectNamespace = "KvObject"),`,
  objects: `
  durableObjectNamespaces = [(className = "KvObject", uniqueKey = "kv", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),`,
});

const NO_KV = { service: "", bindings: "", objects: "" };

const configuration = (upstreamURL: string, { service, bindings, objects }: ReturnType<typeof kv>) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private", "local"])),
    ${service}
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  compatibilityDate = "2026-10-23",
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  bindings = [(name = "UPSTREAM", text = "${upstreamURL}"),${bindings}],${objects}
  globalOutbound = "internet",
);
`;

/** This folder's Workers. */
export type Entry = "floor.ts" | "floor-hono.ts" | "translating.ts" | "relaying.ts" | "cached.ts" | "realtime-floor.ts";

/** Bundles one of this folder's Workers and serves it on a workerd process of its own. */
export async function serveFloor(entry: Entry, upstreamURL: string): Promise<Serving> {
  const folder = await writeFloor(entry, upstreamURL);
  const child = spawnWorkerd(folder);
  const port = await listening(child);
  return {
    chatURL: `http://127.0.0.1:${port}/v1/proxy/chat/completions`,
    pid: child.pid as number,
    stop: () => stop(child),
  };
}

/** Writes the Worker and its configuration into a folder from which {@link spawnWorkerd} starts it. */
export async function writeFloor(entry: Entry, upstreamURL: string): Promise<string> {
  const folder = temporaryFolder();
  await build({
    configFile: false,
    logLevel: "silent",
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: "es2024",
      rolldownOptions: { external: [/^cloudflare:/] },
      lib: {
        entry: fileURLToPath(new URL(entry, import.meta.url)),
        formats: ["es"],
        fileName: () => "worker.js",
      },
    },
  });
  const parts = entry === "cached.ts" ? kv(temporaryFolder()) : NO_KV;
  writeFileSync(join(folder, "config.capnp"), configuration(`${upstreamURL}/v1/chat/completions`, parts));
  return folder;
}

/** Starts workerd on a folder made by {@link writeFloor}. */
export function spawnWorkerd(folder: string): ChildProcess {
  return track(
    spawn(binary, ["serve", join(folder, "config.capnp"), "--control-fd=1"], { stdio: ["ignore", "pipe", "inherit"] }),
  );
}

/** The port of a workerd process, once it listens. */
export function listening(child: ChildProcess): Promise<number> {
  const { stdout } = child;
  if (!stdout) throw new Error("workerd's control messages come on its standard output");
  return new Promise((resolve, reject) => {
    createInterface(stdout).on("line", (line) => {
      const message = JSON.parse(line) as { readonly event: string; readonly port?: number };
      if (message.event === "listen" && message.port !== undefined) resolve(message.port);
    });
    child.once("exit", (code) => reject(new Error(`workerd ended with code ${code} before it listened`)));
  });
}
