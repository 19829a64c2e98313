import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { IssuedCredential } from "../../mint-server/contract/credential.ts";
import { PATHS } from "../../mint-server/local/paths.ts";
import { type StandIn, startStandIn } from "../support/stand-in.ts";

const PROJECT_KEY = "project-key-of-the-killed-server";
const BARE_PAGE = fileURLToPath(new URL("../support/page", import.meta.url));
const URL_LINE = /^mintgate is at (\S+)$/m;

/** What `npm start` runs, as a group of processes of its own, on one state folder and one address all the time. */
export interface GroupServer {
  readonly standIn: StandIn;
  post(path: string, body: object | string, options?: GroupPost): Promise<Response>;
  issue(order: object): Promise<string>;
  /** `kill -9` of the whole group; resolves once nothing of it is left. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface GroupPost {
  /** The project key unless given. */
  readonly key?: string;
  readonly signal?: AbortSignal;
}

export async function startGroup(): Promise<GroupServer> {
  const standIn = await startStandIn();
  const folder = await mkdtemp(join(tmpdir(), "mintgate-killed-"));
  let origin = "";
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const settings = {
      PORT: origin === "" ? "0" : new URL(origin).port,
      MINTGATE_STATE: folder,
      MINTGATE_ASSETS: BARE_PAGE,
      MINTGATE_PROJECT_KEY: PROJECT_KEY,
      OPENAI_API_KEY: "sk-of-the-killed-server",
      OPENAI_BASE_URL: standIn.url,
    };
    const script = join(PATHS.root, "mint-server/local/start.ts");
    const env = { PATH: process.env.PATH, ...settings };
    child = spawn(process.execPath, [script], { cwd: folder, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    origin = await originOf(child);
  };
  const kill = async (): Promise<void> => {
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    // `close`: by then workerd, which holds the same pipes, is gone as well.
    const gone = once(child, "close");
    process.kill(-child.pid, "SIGKILL");
    await gone;
  };
  const post: GroupServer["post"] = (path, body, { key = PROJECT_KEY, signal } = {}) =>
    fetch(`${origin}/v1/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...(signal && { signal }),
    });

  await start();
  return {
    standIn,
    post,
    kill,
    start,
    async issue(order) {
      return ((await (await post("credentials", order)).json()) as IssuedCredential).key;
    },
    async stop() {
      await kill();
      await standIn.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function originOf(child: ChildProcess): Promise<string> {
  let printed = "";
  return new Promise((resolve, reject) => {
    child.once("close", (code, signal) => reject(new Error(`it ended (${code ?? signal}): ${printed}`)));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        printed += text;
        const found = URL_LINE.exec(printed)?.[1];
        if (found) resolve(found);
      });
    }
  });
}
