import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IssuedCredential } from "../../mint-server/contract/credential.ts";
import { createDpopClient, type DpopClient } from "./dpop.ts";
import { type ServeOptions, serve, type TestServer } from "./serve.ts";
import { type StandIn, type StandInOptions, startStandIn } from "./stand-in.ts";

/** What the server holds for its provider. Must occur in no answer and no log. */
export const SERVER_KEY = "sk-canary-of-the-server-5f2a9c81d3";
/** What a caller brings of their own. The same holds. */
export const CALLERS_KEY = "sk-canary-of-the-caller-b07e44a6f9";
/** The one other origin that the server allows. */
export const APP_ORIGIN = "https://app.example";

export interface Rig {
  /** Another object after a restart. */
  readonly server: TestServer;
  readonly standIn: StandIn;
  /** Root secret of the server, to make what only it could make. */
  readonly secret: string;
  /** URL of a path of the API: `url("models")`. */
  url(path: string): string;
  /** Sends JSON with the project key, or with the `authorization` given. */
  post(path: string, body: unknown, init?: PostOptions): Promise<Response>;
  /** Issues a temporary credential. */
  issue(order?: object, authorization?: string): Promise<IssuedCredential>;
  /** Stops the server and starts it again, at the same address and on the same state. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface PostOptions {
  readonly authorization?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface RigOptions extends ServeOptions {
  readonly standIn?: StandInOptions;
  /** `MINT_CONFIG`, given the stand-in's base URL. */
  readonly config?: (standInURL: string) => object;
}

/** The real server on workerd, with a stand-in as its OpenAI. */
export async function startRig({
  standIn: standInOptions,
  settings,
  config,
  ...options
}: RigOptions = {}): Promise<Rig> {
  const standIn = await startStandIn(standInOptions);
  const secret = settings?.MINT_SECRET ?? randomBytes(32).toString("base64url");
  const stateFolder = options.stateFolder ?? (await mkdtemp(join(tmpdir(), "mintgate-rig-")));
  const start = (port?: number) =>
    serve({
      ...options,
      ...(port && { port }),
      stateFolder,
      settings: {
        MINT_SECRET: secret,
        OPENAI_API_KEY: SERVER_KEY,
        OPENAI_BASE_URL: standIn.url,
        ...(config ? { MINT_CONFIG: JSON.stringify(config(standIn.url)) } : { ALLOWED_ORIGINS: APP_ORIGIN }),
        ...settings,
      },
    });
  let server = await start(options.port);
  const post = poster(() => server);
  return {
    get server() {
      return server;
    },
    standIn,
    secret,
    url: (path) => urlOf(server, path),
    post,
    async issue(order = {}, authorization) {
      const answer = await post("credentials", order, { authorization });
      if (!answer.ok) throw new Error(`no credential: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as IssuedCredential;
    },
    async restart() {
      await server.stop();
      server = await start(Number(new URL(server.url).port));
    },
    async stop() {
      await server.stop();
      await standIn.stop();
      if (options.stateFolder === undefined) await rm(stateFolder, { recursive: true, force: true });
    },
  };
}

function urlOf(server: TestServer, path: string): string {
  return `${server.url}/v1/proxy/${path}`;
}

function poster(current: () => TestServer): Rig["post"] {
  return (path, body, { authorization, headers, signal } = {}) => {
    const server = current();
    return fetch(urlOf(server, path), {
      method: "POST",
      headers: {
        authorization: authorization ?? `Bearer ${server.projectKey ?? ""}`,
        "content-type": "application/json",
        ...headers,
      },
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...(signal && { signal }),
    });
  };
}

/** The four ways in which a request can be entitled. */
export const CALLER_KINDS = ["provider key", "project key", "bearer credential", "bound credential"] as const;
export type CallerKind = (typeof CALLER_KINDS)[number];

/** `fetch` with the authority of one kind of caller added. */
export type Caller = (url: string, init?: RequestInit) => Promise<Response>;

export async function createCaller(rig: Rig, kind: CallerKind): Promise<Caller> {
  switch (kind) {
    case "provider key":
      return withBearer(CALLERS_KEY);
    case "project key":
      return withBearer(rig.server.projectKey ?? "");
    case "bearer credential":
      return withBearer((await rig.issue()).key);
    case "bound credential": {
      const { client, credential } = await issueBound(rig);
      return (url, init) => client.fetch(url, { ...init, credential });
    }
  }
}

/** A credential bound to a new key, and the key's holder. */
export async function issueBound(rig: Rig, order: object = {}): Promise<{ client: DpopClient; credential: string }> {
  const client = await createDpopClient();
  const { key } = await rig.issue({ jkt: client.jkt, ...order });
  return { client, credential: key };
}

function withBearer(key: string): Caller {
  return (url, init) => {
    const headers = new Headers(init?.headers);
    headers.set("authorization", `Bearer ${key}`);
    return fetch(url, { ...init, headers });
  };
}

/** The key that the stand-in should have been given for this kind of caller. */
export function keySentFor(kind: CallerKind): string {
  return kind === "provider key" ? CALLERS_KEY : SERVER_KEY;
}
