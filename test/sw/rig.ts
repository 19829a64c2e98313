import type { BrowserCache } from "../../sw/cache.ts";
import { createCredentials, subjectOf } from "../../sw/credentials.ts";
import type { GateEvent } from "../../sw/events.ts";
import type { Call } from "../../sw/follow.ts";
import { type Gate, handle } from "../../sw/handle.ts";
import { findTarget } from "../../sw/intercept.ts";
import type { KeyStore } from "../../sw/key-store.ts";
import { createMint } from "../../sw/mint.ts";
import { createReadyProofs, generateKeyPair, type ProofKey, toProofKey } from "../../sw/proof.ts";
import type { Line } from "../../sw/send.ts";
import { type ProxyOptions, resolveSettings } from "../../sw/settings.ts";
import { createFakeMintServer, type FakeMintServer } from "./fake-mint-server.ts";

export const PAGE = "https://app.example/chat";
export const CHAT = "https://api.openai.com/v1/chat/completions";

/** A key store without a database. */
export function createMemoryKeys(): KeyStore {
  let pending: Promise<ProofKey> | undefined;
  const forget = () => {
    pending = undefined;
  };
  return {
    load: () => (pending ??= generateKeyPair().then(toProofKey)),
    clear: async () => forget(),
    forget,
  };
}

export interface Rig {
  readonly server: FakeMintServer;
  readonly gate: Gate;
  readonly events: readonly GateEvent[];
  /** Milliseconds of the clock that credentials age by; tests move it. */
  clockMs: number;
  /** Sends a request through the pipeline, as the worker does. */
  call(url?: string, init?: RequestInit, extra?: Partial<Call>, through?: Gate): Promise<Response>;
}

/** The pipeline with a fake mint-server behind it. */
export function createRig(
  options: ProxyOptions = {},
  idToken = async (): Promise<string | undefined> => undefined,
  cache?: BrowserCache,
): Rig {
  const server = createFakeMintServer();
  const settings = resolveSettings(options, PAGE);
  const line: Line = { fetch: server.fetch, proofs: createReadyProofs(), nonce: undefined };
  const events: GateEvent[] = [];
  const credentials = createCredentials({
    keys: createMemoryKeys(),
    mint: createMint({ settings, line, idToken }),
    now: () => rig.clockMs,
    onMint(event) {
      cache?.belongTo(subjectOf(event.claims));
      events.push({ ...event, by: "worker" });
    },
    onRefused: () => void cache?.shred("slot").catch(() => undefined),
  });
  const gate: Gate = { by: "worker", line, credentials, cache, emit: (event) => void events.push(event) };
  const rig: Rig = {
    server,
    gate,
    events,
    clockMs: 0,
    call(url = CHAT, init = { method: "POST", body: '{"model":"m"}' }, extra = {}, through = gate) {
      const request = new Request(url, init);
      const target = findTarget(settings, request.url, request.method);
      if (!target) throw new Error(`${url} is not covered`);
      return handle(through, { id: crypto.randomUUID(), request, target, abort: new AbortController(), ...extra });
    },
  };
  return rig;
}

/** A body that gives `chunks` one by one, and then ends, breaks or stays open. */
export function bodyOf(
  chunks: readonly (string | Uint8Array)[],
  ending: "end" | "break" | "stay" = "end",
): { readonly body: ReadableStream<Uint8Array>; readonly pulls: () => number; readonly cancelled: Promise<unknown> } {
  const encoder = new TextEncoder();
  const { promise: cancelled, resolve: cancel } = Promise.withResolvers<unknown>();
  let at = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[at++];
        if (chunk !== undefined) controller.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
        else if (ending === "end") controller.close();
        else if (ending === "break") controller.error(new TypeError("network error"));
        else return new Promise(() => undefined);
        return undefined;
      },
      cancel: (reason) => cancel(reason ?? "cancelled"),
    },
    { highWaterMark: 0 },
  );
  return { body, pulls: () => at, cancelled };
}

/** An event stream's answer. */
export function eventStream(...given: Parameters<typeof bodyOf>): Response {
  return new Response(bodyOf(...given).body, { headers: { "content-type": "text/event-stream" } });
}
