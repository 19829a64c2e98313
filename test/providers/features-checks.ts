import { expect } from "vitest";
import type { SpokenWire } from "../../mint-server/wire/formats.ts";
import { anthropicMessages } from "../clients/anthropic.ts";
import { type Ask, attempt, type Client, type Outcome, type Said } from "../clients/client.ts";
import { googleModels } from "../clients/google-genai.ts";
import { openaiChat } from "../clients/openai-chat.ts";
import { openaiResponses } from "../clients/openai-responses.ts";
import type { RecordedRequest } from "../support/stand-in/log.ts";
import { type Orders, orderInText } from "../support/stand-in/orders.ts";
import { OSLO, PARIS, TEXT, THOUGHTS } from "../support/stand-in/test-orders.ts";
import { PDF, PNG } from "../wire/support/samples.ts";
import type { FeatureId, Lack, Row } from "./features.ts";
import { embeddings, native } from "./features-bytes.ts";
import { effortIn, FILES, holds, IMAGES, streamsIn, systemIn } from "./features-wires.ts";
import { baseFor, onlyKeyFor, type ProviderRig } from "./rig.ts";

/** One unmodified SDK for each schema that a caller may write. */
const CLIENTS = {
  Chat: openaiChat,
  Responses: openaiResponses,
  Messages: anthropicMessages,
  Gemini: googleModels,
} as const satisfies Readonly<Record<string, Client>>;
export type Caller = keyof typeof CLIENTS;
const CALLERS = Object.keys(CLIENTS) as Caller[];

export interface Cell {
  readonly rig: ProviderRig;
  readonly row: Row;
}

export interface Check {
  /** The schemas in which it can be asked for. */
  callers(row: Row): readonly Caller[];
  /** What it takes for a cell to be full. */
  full(cell: Cell, caller: Caller): Promise<void>;
  /** What happens where the provider has no such thing. */
  empty(cell: Cell, caller: Caller, lack: Lack): Promise<void>;
}

/** What a client and the provider heard of each other. */
interface Heard {
  readonly row: Row;
  readonly caller: Caller;
  readonly said: Said;
  /** As many as the client sent; each is in this wire format. */
  readonly requests: readonly RecordedRequest[];
  readonly wire: SpokenWire;
}

interface Talk {
  readonly ask?: Partial<Ask>;
  readonly orders: Orders;
  /** Whole, streaming, or one after the other. */
  readonly streams: readonly boolean[];
  readonly requests: number;
  check(heard: Heard, stream: boolean): void;
}

/** A feature that shows in a conversation. */
function talk({ ask, orders, streams, requests: count, check }: Talk): Check {
  return {
    callers: () => CALLERS,
    async full(cell, caller) {
      for (const stream of streams) {
        const { outcome, requests } = await converse(cell, caller, { ...ask, stream }, orders);
        if (outcome.kind !== "said") throw new Error(`not said: ${JSON.stringify(outcome)}`);
        expect(requests).toHaveLength(count);
        for (const { path } of requests) expect(path.startsWith(`${baseFor(cell.row.provider)}/`)).toBe(true);
        check({ ...cell, caller, said: outcome.said, requests, wire: wireSeen(cell.row, caller) }, stream);
      }
    },
    // The provider's own words come back, as an error of the caller's kind.
    async empty(cell, caller) {
      for (const stream of streams) {
        const message = `The stand-in was ordered to answer 400.`;
        const { outcome, requests } = await converse(cell, caller, { ...ask, stream }, { status: 400 });
        expect(outcome).toMatchObject({ kind: "failed", error: { type: CLIENTS[caller].errors[400], status: 400 } });
        expect(outcome.kind === "failed" && outcome.error.message).toContain(message);
        expect(requests).toHaveLength(1);
      }
    },
  };
}

interface Conversation {
  readonly outcome: Outcome;
  readonly requests: readonly RecordedRequest[];
}

async function converse(
  { rig, row }: Cell,
  caller: Caller,
  ask: Partial<Ask> & Pick<Ask, "stream">,
  orders: Orders,
): Promise<Conversation> {
  rig.standIn.requests.length = 0;
  const outcome = await attempt(CLIENTS[caller], {
    model: row.model,
    apiKey: onlyKeyFor(row.provider),
    baseURL: rig.url,
    system: "Be brief.",
    turns: [{ role: "user", text: `Say something. ${orderInText(orders)}` }],
    ...ask,
  });
  return { outcome, requests: [...rig.standIn.requests] };
}

/** The wire format in which a provider hears a caller: OpenAI's second one where the caller writes it and the provider speaks it. */
function wireSeen({ provider, wire }: Row, caller: Caller): SpokenWire {
  return caller === "Responses" && provider.responses && wire === "openai" ? "responses" : wire;
}

/** Whether the caller's bytes are the provider's: it then reads thoughts in the provider's dialect. */
function isChat({ wire, caller }: Heard): boolean {
  return wire === "openai" && caller === "Chat";
}

const REPORT = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city", "days"],
  additionalProperties: false,
} as const;

export const CHECKS: Readonly<Record<FeatureId, Check>> = {
  chat: talk({
    orders: { text: TEXT, usage: { input: 100, output: 50, cached: 0, cacheWrite: 0, reasoning: 0 } },
    streams: [false],
    requests: 1,
    check({ said, requests: [request], wire }) {
      expect(said).toMatchObject({ text: TEXT, usage: { input: 100, output: 50 } });
      expect(JSON.stringify(systemIn[wire](request?.fields ?? {}))).toContain("Be brief.");
      expect(streamsIn(request)).toBe(false);
    },
  }),
  stream: talk({
    orders: { text: TEXT },
    streams: [true],
    requests: 1,
    check({ said, requests: [request] }) {
      expect([said.text, said.deltas.join("")]).toEqual([TEXT, TEXT]);
      expect(said.deltas.length).toBeGreaterThan(2);
      expect(streamsIn(request)).toBe(true);
    },
  }),
  // The stand-in calls only what the request offers, and reports only results of calls that it made.
  tools: talk({
    ask: { tool: "It is warm." },
    orders: { toolCalls: [{ name: "weather", arguments: PARIS }] },
    streams: [false, true],
    requests: 2,
    check({ said }) {
      expect(said.calls).toMatchObject([{ name: "weather", input: PARIS }]);
      expect(said.text).toMatch(/^Tool results: .*sun for 3 days\. It is warm\./);
    },
  }),
  parallel: talk({
    ask: { tool: "It is warm." },
    orders: {
      toolCalls: [
        { name: "weather", arguments: PARIS },
        { name: "weather", arguments: OSLO },
      ],
      argumentSplits: "hard",
    },
    streams: [false, true],
    requests: 2,
    check({ said }) {
      expect(said.calls.map(({ input }) => input)).toEqual([PARIS, OSLO]);
      expect(said.text).toMatch(/sun for 3 days.*Oslo: sun for 1 days/);
    },
  }),
  // The stand-in answers in JSON only where the request asks for it.
  schema: talk({
    ask: { schema: { ...REPORT, required: [...REPORT.required] } },
    orders: { json: PARIS },
    streams: [false, true],
    requests: 1,
    check({ said, requests: [request] }) {
      expect(said.object).toEqual(PARIS);
      expect(request?.body.toString().replaceAll("\\", "")).toContain('"days"');
    },
  }),
  images: talk({
    ask: { image: PNG },
    orders: { text: TEXT },
    streams: [false],
    requests: 1,
    check({ said, requests: [request], wire }) {
      expect(said.text).toBe(TEXT);
      expect(holds(request?.fields, IMAGES[wire](PNG))).toBe(true);
    },
  }),
  files: talk({
    ask: { pdf: PDF },
    orders: { text: TEXT },
    streams: [false],
    requests: 1,
    check({ said, requests: [request], wire, row }) {
      expect(said.text).toBe(TEXT);
      expect(holds(request?.fields, FILES[row.provider.files ?? wire](PDF))).toBe(true);
    },
  }),
  // The stand-in signs its thoughts as its format does, and refuses a conversation that goes on without them.
  reasoning: talk({
    ask: { think: true, tool: "It is warm." },
    orders: { reasoning: THOUGHTS, toolCalls: [{ name: "weather", arguments: PARIS }] },
    streams: [false, true],
    requests: 2,
    check(heard) {
      const { said, requests, wire } = heard;
      for (const { fields } of requests) expect(effortIn[wire](fields)).toBeTruthy();
      expect(said.text).toContain("sun for 3 days");
      if (!isChat(heard)) expect(said.thoughts).toBe(THOUGHTS);
    },
  }),
  embeddings,
  native,
};
