import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Rig, startRig } from "../support/rig.ts";

/** A provider that answers at once, or is dead: then it breaks every connection. */
interface Provider {
  readonly url: string;
  isDead: boolean;
  requests: number;
  stop(): void;
}

const ANSWER = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello." }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});

async function startProvider(): Promise<Provider> {
  const server: Server = createServer((message, response) => {
    message.resume();
    message.on("end", () => {
      provider.requests++;
      if (provider.isDead) response.socket?.resetAndDestroy();
      else response.writeHead(200, { "content-type": "application/json" }).end(ANSWER);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const provider: Provider = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    isDead: false,
    requests: 0,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return provider;
}

const PROJECT_KEY = "project-key-of-the-outage";

/** A server with three endpoints of one model, each of which can die. */
export interface Outage {
  readonly providers: readonly [Provider, Provider, Provider];
  /** One request; what the caller sees of it. */
  ask(): Promise<Seen>;
  /** Many, some at once. */
  askMany(count: number, atOnce: number): Promise<readonly Seen[]>;
  stop(): Promise<void>;
}

export interface Seen {
  readonly status: number;
  readonly code: string | undefined;
  readonly endpoint: string | null;
  readonly retryAfter: string | null;
  readonly ms: number;
}

export async function startOutage(): Promise<Outage> {
  const providers = [await startProvider(), await startProvider(), await startProvider()] as const;
  const endpoints = providers.map(({ url }, index) => ({
    name: `endpoint-${index}`,
    provider: "openai",
    apiKey: "sk-any",
    baseURL: url,
  }));
  const rig: Rig = await startRig({ config: () => ({ orgs: { acme: { keys: [PROJECT_KEY], endpoints } } }) });
  const body = JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content: "Say something." }] });
  const ask = async (): Promise<Seen> => {
    const started = performance.now();
    const answer = await rig.post("chat/completions", body, { authorization: `Bearer ${PROJECT_KEY}` });
    const { error } = (await answer.json()) as { error?: { code: string } };
    return {
      status: answer.status,
      code: error?.code,
      endpoint: answer.headers.get("x-bt-used-endpoint"),
      retryAfter: answer.headers.get("retry-after"),
      ms: performance.now() - started,
    };
  };
  return {
    providers,
    ask,
    async askMany(count, atOnce) {
      const seen: Seen[] = [];
      const next = async (): Promise<void> => {
        while (count-- > 0) seen.push(await ask());
      };
      await Promise.all(Array.from({ length: atOnce }, next));
      return seen;
    },
    async stop() {
      await rig.stop();
      for (const provider of providers) provider.stop();
    },
  };
}

/** What one dead endpoint of three does to callers. */
export interface Acceptance {
  readonly succeeded: number;
  /** Requests to the providers for each of the callers'. */
  readonly load: number;
  /** 95 of 100 requests took no more milliseconds longer than with all alive. */
  readonly addedP95Ms: number;
}

/** Measures `count` requests with all alive, then as many with one dead. */
export async function measureOutage(outage: Outage, count: number, atOnce: number): Promise<Acceptance> {
  const { providers } = outage;
  await outage.askMany(atOnce * 5, atOnce);
  const before = await outage.askMany(count, atOnce);
  for (const provider of providers) provider.requests = 0;
  providers[0].isDead = true;
  const after = await outage.askMany(count, atOnce);
  providers[0].isDead = false;
  return {
    succeeded: after.filter(({ status }) => status === 200).length / count,
    load: providers.reduce((sum, { requests }) => sum + requests, 0) / count,
    addedP95Ms: p95(after) - p95(before),
  };
}

function p95(seen: readonly Seen[]): number {
  const sorted = seen.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN;
}
