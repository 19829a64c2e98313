import { expect } from "vitest";
import type { SpokenWire } from "../../mint-server/wire/formats.ts";
import { orderInText } from "../support/stand-in/orders.ts";
import { vectorOf } from "../support/stand-in/scores.ts";
import { TEXT } from "../support/stand-in/test-orders.ts";
import type { Row } from "./features.ts";
import type { Caller, Cell, Check } from "./features-checks.ts";
import { onlyKeyFor } from "./rig.ts";

// What no client's conversation shows: vectors, and bodies that pass as they are.

const TEXTS = ["one text", "another one"];

/** Requests for vectors; the other two schemas have none. */
const REQUESTS: Readonly<Partial<Record<Caller, (model: string) => Sent>>> = {
  Chat: (model) => ["embeddings", { model, input: TEXTS }],
  Gemini: (model) => [
    `google/v1beta/models/${encodeURIComponent(model)}:batchEmbedContents`,
    { requests: TEXTS.map((text) => ({ model: `models/${model}`, content: { parts: [{ text }] } })) },
  ],
};
type Sent = readonly [path: string, body: object | string];

/** Ends of the addresses at which providers give vectors. */
const VECTORS_AT: Readonly<Record<SpokenWire, RegExp>> = {
  openai: /\/(embeddings|invocations)(\?|$)/,
  responses: /\/embeddings(\?|$)/,
  anthropic: /(?!)/,
  google: /:(batchEmbedContents|predict)$/,
  bedrock: /\/invoke$/,
};

export const embeddings: Check = {
  callers: () => Object.keys(REQUESTS) as Caller[],
  async full(cell, caller) {
    const answer = await sendTexts(cell, caller);
    const body = (await answer.json()) as {
      readonly data?: readonly { readonly embedding: unknown }[];
      readonly embeddings?: readonly { readonly values: unknown }[];
    };
    const vectors = body.data?.map(({ embedding }) => embedding) ?? body.embeddings?.map(({ values }) => values);
    expect(vectors, JSON.stringify(body)).toEqual(TEXTS.map((text) => [...vectorOf(text)]));
    const paths = cell.rig.standIn.requests.map(({ path }) => path);
    expect(paths).toEqual([expect.stringMatching(VECTORS_AT[cell.row.wire])]);
  },
  async empty(cell, caller, { refusedField }) {
    const answer = await sendTexts(cell, caller, orderInText({ status: 404 }));
    const told = await answer.text();
    const asked = cell.rig.standIn.requests.length;
    if (refusedField) {
      expect([answer.status, asked]).toEqual([400, 0]);
      expect(told).toContain(`"param":"${refusedField}"`);
    } else {
      expect([answer.status, asked]).toEqual([404, 1]);
      expect(told).toContain("The stand-in was ordered to answer 404.");
    }
  },
};

function sendTexts(cell: Cell, caller: Caller, first = TEXTS[0]): Promise<Response> {
  const [path, body] = REQUESTS[caller]?.(cell.row.embeddingModel) ?? ["", {}];
  return send(cell, [path, JSON.stringify(body).replace(TEXTS[0] ?? "", first ?? "")]);
}

const SAID = `Say something. ${orderInText({ text: TEXT })}`;

/** Requests in the schema that is a wire format's own. */
const OWN: Readonly<Record<Caller, { readonly wire: SpokenWire; readonly request: (model: string) => Sent }>> = {
  Chat: {
    wire: "openai",
    request: (model) => ["chat/completions", { model, messages: [{ role: "user", content: SAID }] }],
  },
  Responses: { wire: "responses", request: (model) => ["responses", { model, input: SAID }] },
  Messages: {
    wire: "anthropic",
    request: (model) => [
      "anthropic/v1/messages",
      { model, max_tokens: 99, messages: [{ role: "user", content: SAID }] },
    ],
  },
  Gemini: {
    wire: "google",
    request: (model) => [
      `google/v1beta/models/${encodeURIComponent(model)}:generateContent`,
      { contents: [{ role: "user", parts: [{ text: SAID }] }] },
    ],
  },
};

/** The schemas that a provider speaks itself. Bedrock's is nobody's: it is tried with one that there is. */
function ownCallers({ wire, provider }: Row): readonly Caller[] {
  const wires = [wire, ...(provider.responses && wire === "openai" ? ["responses"] : [])];
  const own = (Object.keys(OWN) as Caller[]).filter((caller) => wires.includes(OWN[caller].wire));
  return own.length > 0 ? own : ["Messages"];
}

export const native: Check = {
  callers: ownCallers,
  /** Byte for byte, both ways, but for what the provider's address holds in the body's place. */
  async full({ rig, row }, caller) {
    const { wire, request: make } = OWN[caller];
    const [path, body] = make(row.model);
    const text = `${JSON.stringify(body, null, 1)}\n`;
    const answer = await send({ rig, row }, [path, text]);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const [request, ...more] = rig.standIn.requests;
    expect([answer.status, more.length]).toEqual([200, 0]);
    expect(bytes.equals(request?.answer ?? Buffer.alloc(0))).toBe(true);
    expect(bytes.toString()).toContain(TEXT);
    const { bodyFor } = row.provider;
    if (bodyFor) expect(request?.fields).toEqual(bodyFor(JSON.parse(text), wire));
    else expect(request?.body.toString()).toBe(text);
  },
  /** There is no route for it, and nothing goes anywhere. */
  async empty({ rig, row }) {
    const path = `${row.provider.id}/model/${encodeURIComponent(row.model)}/converse`;
    const answer = await send({ rig, row }, [path, { messages: [] }]);
    expect([answer.status, rig.standIn.requests.length]).toEqual([404, 0]);
  },
};

function send({ rig, row }: Cell, [path, body]: Sent): Promise<Response> {
  rig.standIn.requests.length = 0;
  return rig.post(path, body, { key: onlyKeyFor(row.provider) });
}
