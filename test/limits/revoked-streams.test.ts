import { afterAll, beforeAll, expect, test } from "vitest";
import type { Rig } from "../support/rig.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { CALLER_SCHEMAS, type CallerSchema, eventsIn, GEMINI_ARRAY, MODELS } from "./callers.ts";
import { credentialFor, KEYS, startOrgs } from "./orgs.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startOrgs();
});
afterAll(() => rig.stop());

const PROMISED_MS = 2000;

/** What the provider does while the credential is revoked. */
const PROVIDERS: readonly (readonly [string, (name: string) => Orders])[] = [
  ["writes on", () => ({ events: 4000, everyMs: 100 })],
  ["is silent", (gate) => ({ events: 100, gate })],
  ["has said nothing", () => ({ hang: "after-headers" })],
];

interface Running {
  readonly name: string;
  readonly answer: Promise<Response>;
  readonly schema: CallerSchema;
}

interface Kind {
  readonly name: string;
  readonly schema: CallerSchema;
  readonly model: string;
  readonly isLimited: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** Each schema and provider, counted or not, observed by the server or by the caller. */
const KINDS: readonly Kind[] = [...CALLER_SCHEMAS, GEMINI_ARRAY].flatMap((schema) =>
  MODELS.flatMap(({ model }) =>
    [false, true].flatMap((isLimited) =>
      [{}, { "x-mintgate-completeness": "caller" }].map((headers) => ({
        name: `${schema.name} of ${model}${isLimited ? ", limited" : ""}${"x-mintgate-completeness" in headers ? ", proved by the caller" : ""}`,
        schema,
        model,
        isLimited,
        headers,
      })),
    ),
  ),
);

test.each(PROVIDERS)(
  "streams whose provider %s end within two seconds of their subject's revocation",
  async (behaviour, ordersFor) => {
    const subject = `one whose provider ${behaviour}`;
    rig.standIn.requests.length = 0;
    const free = await credentialFor(rig, "plain", { subject });
    const limited = await credentialFor(rig, "plain", { subject, limits: { tokens: 1_000_000 } });
    const running = await Promise.all(
      KINDS.map(async ({ name, schema, model, isLimited, headers }, at): Promise<Running> => {
        const gate = `${subject} ${at}`;
        const body = schema.body({ model, stream: true, orders: ordersFor(gate), max: 500 });
        const authorization = isLimited ? limited : free;
        rig.standIn.gate(gate).allow(5);
        return { name, schema, answer: rig.post(schema.path(model, true), body, { authorization, headers }) };
      }),
    );
    const texts = running.map(async ({ answer }) => (await answer).text());
    await rig.standIn.waitFor(() => rig.standIn.requests.length === KINDS.length);
    if (behaviour !== "has said nothing")
      await rig.standIn.waitFor(() => rig.standIn.requests.every(({ eventsSent }) => eventsSent >= 5));

    const revoked = await rig.post("credentials/revoke", { subject }, { authorization: `Bearer ${KEYS.plain}` });
    expect(revoked.status).toBe(200);
    const late = AbortSignal.timeout(PROMISED_MS);
    const lateness = new Promise<string>((resolve) => {
      late.addEventListener("abort", () => resolve("still running"), { once: true });
    });
    const ended = await Promise.all(texts.map((text) => Promise.race([text, lateness])));
    const told = running.map(({ name, schema }, at) => {
      const text = ended[at] ?? "";
      return [name, text === "still running" ? text : schema.code(eventsIn(text).at(-1))];
    });
    expect(told).toEqual(running.map(({ name }) => [name, "invalid_token"]));
    for (const [at, text] of ended.entries()) expect(text, running[at]?.name).not.toContain("[DONE]");
    await rig.standIn.waitFor(() => rig.standIn.requests.every(({ closed }) => closed));
    expect(rig.standIn.requests.map(({ leftEarly }) => leftEarly)).toEqual(KINDS.map(() => true));
  },
);

test("requests that no provider answers end within two seconds of their subject's revocation", async () => {
  const subject = "one whose provider does not answer";
  rig.standIn.requests.length = 0;
  const authorization = await credentialFor(rig, "plain", { subject });
  const kinds = CALLER_SCHEMAS.flatMap((schema) => [true, false].map((stream) => ({ schema, stream })));
  const running = kinds.map(async ({ schema, stream }): Promise<unknown> => {
    const body = schema.body({ model: "claude-sonnet-4-5", stream, orders: { hang: true } });
    const answer = await rig.post(schema.path("claude-sonnet-4-5", stream), body, { authorization });
    return [answer.status, schema.code(await answer.json())];
  });
  await rig.standIn.waitFor(() => rig.standIn.requests.length === kinds.length);
  await rig.post("credentials/revoke", { subject }, { authorization: `Bearer ${KEYS.plain}` });
  const late = new Promise<string>((resolve) => {
    AbortSignal.timeout(PROMISED_MS).addEventListener("abort", () => resolve("still waiting"), { once: true });
  });
  const ended = await Promise.all(running.map((answer) => Promise.race([answer, late])));
  expect(ended).toEqual(kinds.map(() => [401, "invalid_token"]));
  await rig.standIn.waitFor(() => rig.standIn.requests.every(({ leftEarly }) => leftEarly));
});
