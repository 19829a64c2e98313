import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { LedgerNamespace } from "../../mint-server/credentials/ledger.ts";
import { createMemoryLedgers } from "../../mint-server/credentials/ledger-memory.ts";
import { createMintServer, type MintServer } from "../../mint-server/embed.ts";
import { guide } from "../../mint-server/guide/guide.ts";
import { originsOf } from "../../mint-server/local/address.ts";
import { withConfigText } from "../../mint-server/local/environment.ts";
import { readSettings } from "../../mint-server/settings.ts";
import type { ServeOptions, TestServer } from "../support/serve.ts";

// Takes the place of `serve.ts` while mutants are tried: the same server in the test's own process, where what is
// mutated takes effect at once. Nothing is built, and no workerd is started.

const host = "127.0.0.1";
/** What outlives a server, by its state folder. */
const states = new Map<string, { readonly projectKey: string; readonly ledgers: LedgerNamespace }>();

export async function serve({ settings = {}, stateFolder = "", port = 0 }: ServeOptions = {}): Promise<TestServer> {
  const state = states.get(stateFolder) ?? {
    projectKey: `mgp_${randomBytes(32).toString("base64url")}`,
    ledgers: createMemoryLedgers(),
  };
  if (stateFolder !== "") states.set(stateFolder, state);
  let server: MintServer | undefined;
  const listener = createServer((message, response) => {
    if (server) void handle(server, message, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => listener.listen(port, host, resolve));
  const address = { host, port: (listener.address() as AddressInfo).port };
  const env = withConfigText(settings);
  const projectKey = env.MINTGATE_PROJECT_KEY ?? (env.MINT_CONFIG ? undefined : state.projectKey);
  const config = readSettings({
    MINT_SECRET: randomBytes(32).toString("base64url"),
    PUBLIC_URL: originsOf(address).join(","),
    MINTGATE_SESSIONS: "anonymous",
    ...(projectKey && { MINTGATE_PROJECT_KEY: projectKey }),
    ...env,
  });
  server = createMintServer({ ...config, models: { guide } }, { ledgers: state.ledgers, isOnlyInstance: true });
  const printed = collectErrors();
  return {
    url: `http://${host}:${address.port}`,
    projectKey,
    config,
    pid: process.pid,
    ended: new Promise(() => {}),
    stateFolder,
    output: () => printed.text,
    async stop() {
      printed.stop();
      listener.closeAllConnections();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}

async function handle(server: MintServer, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = new Headers();
  for (let at = 0; at < message.rawHeaders.length; at += 2) {
    headers.append(message.rawHeaders[at] ?? "", message.rawHeaders[at + 1] ?? "");
  }
  const left = new AbortController();
  response.once("close", () => left.abort());
  const { method = "GET" } = message;
  const hasBody = method !== "GET" && method !== "HEAD";
  const answer = await server.fetch(
    new Request(`http://${message.headers.host}${message.url}`, {
      method,
      headers,
      signal: left.signal,
      ...(hasBody && { body: Readable.toWeb(message) as unknown as BodyInit, duplex: "half" }),
    } as RequestInit),
  );
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body) await pipeline(Readable.fromWeb(answer.body as never), response);
  else response.end();
}

function collectErrors(): { text: string; stop(): void } {
  const { error } = console;
  const printed = { text: "", stop: () => void Object.assign(console, { error }) };
  console.error = (...parts) => {
    printed.text += `${parts.join(" ")}\n`;
  };
  return printed;
}
