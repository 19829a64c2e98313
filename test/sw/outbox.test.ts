import { describe, expect, test } from "vitest";
import { HEADER } from "../../mint-server/contract/headers.ts";
import { COMPLETION, QUESTION } from "./cache-rig.ts";
import { createOutboxRig, type OutboxRig } from "./outbox-rig.ts";
import { eventStream } from "./rig.ts";

const question = (text: string) => ({ model: "m", messages: [{ role: "user", content: text }] });

const textsOf = ({ server }: OutboxRig) =>
  server.calls().map(({ body }) => (JSON.parse(body) as { messages: { content: string }[] }).messages[0]?.content);

const reports = ({ events }: OutboxRig) =>
  events.filter(({ type }) => type === "delivered" || type === "undeliverable");

/** A rig whose user was online once, and is not any more. */
async function offlineRig(): Promise<OutboxRig> {
  const rig = createOutboxRig();
  await rig.ask({ ...QUESTION, user: "before" });
  rig.server.unreachable = true;
  return rig;
}

const codeOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code;

describe("a request that may wait", () => {
  test("is answered at once, typed, with the id that it waits under", async () => {
    const rig = await offlineRig();
    const answer = await rig.queue(question("a"));
    expect(answer.status).toBe(503);
    expect(answer.headers.get("x-should-retry")).toBe("false");
    const id = answer.headers.get(HEADER.outbox);
    expect(await codeOf(answer)).toBe("queued");
    expect([...rig.waiting.values()].map((message) => message.id)).toEqual([id]);
    expect(rig.events.filter(({ type }) => type === "offline")).toHaveLength(1);
  });

  test("is sent later under the same name, and its answer is there for who asks again", async () => {
    const rig = await offlineRig();
    const queued = await rig.queue(question("a"), { [HEADER.orgName]: "acme" });
    const id = queued.headers.get(HEADER.outbox);
    rig.server.unreachable = false;
    expect(await rig.outbox.deliver()).toBe(false);
    const sent = rig.server.calls().at(-1);
    expect(sent?.body).toBe(JSON.stringify(question("a")));
    expect(sent?.url).toBe("https://app.example/v1/proxy/chat/completions");
    expect(Object.fromEntries(sent?.headers ?? [])).toMatchObject({
      [HEADER.idempotencyKey]: id,
      [HEADER.useCache]: "always",
      [HEADER.orgName]: "acme",
    });
    expect(reports(rig)).toEqual([{ type: "delivered", by: "worker", requestId: id, status: 200 }]);
    expect(rig.waiting.size).toBe(0);
    const calls = rig.server.calls().length;
    const again = await rig.queue(question("a"), { [HEADER.orgName]: "acme" });
    expect([again.headers.get(HEADER.cached), await again.json()]).toEqual(["HIT", COMPLETION]);
    expect(rig.server.calls()).toHaveLength(calls);
  });

  test("keeps the name that its app gave it", async () => {
    const rig = await offlineRig();
    const answer = await rig.queue(question("a"), { [HEADER.idempotencyKey]: "order-1" });
    expect(answer.headers.get(HEADER.outbox)).toBe("order-1");
  });

  test("is sealed", async () => {
    const rig = await offlineRig();
    await rig.queue(question("canary"));
    const [message] = rig.waiting.values();
    expect(new TextDecoder("latin1").decode(message?.bytes)).not.toMatch(/canary|chat|openai/);
  });

  test("is an ordinary one while the mint-server is there", async () => {
    const rig = await offlineRig();
    rig.server.unreachable = false;
    const answer = await rig.queue(question("a"));
    expect([answer.status, answer.headers.get(HEADER.outbox)]).toEqual([200, null]);
    expect(rig.server.calls().at(-1)?.headers.has(HEADER.offline)).toBe(false);
    expect(rig.waiting.size).toBe(0);
  });

  test("waits when a proxy says that the mint-server is away, but not for a provider's failure", async () => {
    const rig = await offlineRig();
    rig.server.unreachable = false;
    rig.server.answer = () => new Response("<html>", { status: 502 });
    expect((await rig.queue(question("a"))).headers.has(HEADER.outbox)).toBe(true);
    rig.server.answer = () => Response.json({ error: {} }, { status: 502, headers: { [HEADER.dpopNonce]: "n" } });
    expect((await rig.queue(question("b"))).headers.has(HEADER.outbox)).toBe(false);
  });
});

describe("what cannot wait gets the answer `offline`:", () => {
  test.each<[string, object, Record<string, string>]>([
    ["one that does not ask for it", question("a"), { [HEADER.offline]: "no" }],
    ["one whose answer may not be kept", question("a"), { [HEADER.useCache]: "never" }],
    ["the same, in HTTP's words", question("a"), { "cache-control": "no-store" }],
    ["one that is too large", question("x".repeat(1024 * 1024)), {}],
  ])("%s", async (_, body, headers) => {
    const rig = await offlineRig();
    const answer = await rig.queue(body, headers);
    expect([await codeOf(answer), answer.headers.has(HEADER.outbox)]).toEqual(["offline", false]);
    expect(rig.waiting.size).toBe(0);
  });

  test("one before any credential, since there is no key", async () => {
    const rig = createOutboxRig();
    rig.server.unreachable = true;
    expect(await codeOf(await rig.queue())).toBe("offline");
  });

  test("one more than a hundred", async () => {
    const rig = await offlineRig();
    for (let at = 0; at < 100; at++) await rig.queue(question(`${at}`));
    expect(await codeOf(await rig.queue(question("more")))).toBe("offline");
    expect(rig.waiting.size).toBe(100);
  });
});

describe("delivery", () => {
  test("goes in order, one at a time, however often it is asked for", async () => {
    const rig = await offlineRig();
    const texts = ["a", "b", "c", "d"];
    for (const text of texts) await rig.queue(question(text));
    rig.server.unreachable = false;
    let running = 0;
    let most = 0;
    rig.server.answer = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      return Response.json(COMPLETION);
    };
    await Promise.all([rig.outbox.deliver(), rig.outbox.deliver(), rig.outbox.deliver()]);
    expect(textsOf(rig).slice(1)).toEqual(texts);
    expect(most).toBe(1);
  });

  test("begins when any request has reached the mint-server", async () => {
    const rig = await offlineRig();
    await rig.queue(question("a"));
    rig.server.unreachable = false;
    await (await rig.queue(question("b"))).text();
    await expect.poll(() => rig.waiting.size).toBe(0);
    expect(textsOf(rig).slice(1).toSorted()).toEqual(["a", "b"]);
  });

  test("stops where the mint-server is away, and leaves all as it is", async () => {
    const rig = await offlineRig();
    await rig.queue(question("a"));
    await rig.queue(question("b"));
    expect(await rig.outbox.deliver()).toBe(true);
    expect([rig.waiting.size, reports(rig)]).toEqual([2, []]);
  });

  test("by another life of the worker has the same name", async () => {
    const rig = await offlineRig();
    const id = (await rig.queue(question("a"))).headers.get(HEADER.outbox);
    rig.server.unreachable = false;
    // The first one's connection breaks after the request was sent, and it is stopped then.
    rig.server.answer = () => {
      rig.server.unreachable = true;
      throw new TypeError("Failed to fetch");
    };
    expect(await rig.outbox.deliver()).toBe(true);
    rig.server.unreachable = false;
    rig.server.answer = () => Response.json(COMPLETION);
    expect(await rig.other().deliver()).toBe(false);
    const keys = rig.server
      .calls()
      .slice(1)
      .map(({ headers }) => headers.get(HEADER.idempotencyKey));
    expect(new Set(keys)).toEqual(new Set([id]));
    expect(reports(rig)).toHaveLength(1);
  });

  test.each([400, 403, 404, 413, 422])("ends with a final %i, and goes on with the next", async (status) => {
    const rig = await offlineRig();
    const id = (await rig.queue(question("a"))).headers.get(HEADER.outbox);
    await rig.queue(question("b"));
    rig.server.unreachable = false;
    rig.server.answer = ({ body }) =>
      body.includes('"a"') ? Response.json({ error: {} }, { status }) : Response.json(COMPLETION);
    expect(await rig.outbox.deliver()).toBe(false);
    expect(reports(rig)).toMatchObject([
      { type: "undeliverable", requestId: id, status },
      { type: "delivered", status: 200 },
    ]);
  });

  test.each([402, 429])("waits after a %i, the next ones too", async (status) => {
    const rig = await offlineRig();
    await rig.queue(question("a"));
    await rig.queue(question("b"));
    rig.server.unreachable = false;
    rig.server.answer = () => Response.json({ error: {} }, { status });
    expect(await rig.outbox.deliver()).toBe(true);
    expect(textsOf(rig).slice(1)).toEqual(["a"]);
    expect(reports(rig)).toEqual([]);
  });

  test("passes one that its provider failed, and comes back to it", async () => {
    const rig = await offlineRig();
    await rig.queue(question("a"));
    await rig.queue(question("b"));
    rig.server.unreachable = false;
    const failed = { status: 503, headers: { [HEADER.dpopNonce]: "n" } };
    rig.server.answer = ({ body }) =>
      body.includes('"a"') ? Response.json({ error: {} }, failed) : Response.json(COMPLETION);
    expect(await rig.outbox.deliver()).toBe(true);
    expect(reports(rig)).toMatchObject([{ type: "delivered" }]);
    rig.server.answer = () => Response.json(COMPLETION);
    expect(await rig.outbox.deliver()).toBe(false);
    expect(reports(rig)).toMatchObject([{ type: "delivered" }, { type: "delivered" }]);
  });

  test("gives up an answer that breaks off each time, since each may be paid for", async () => {
    const rig = await offlineRig();
    await rig.queue({ ...question("a"), stream: true });
    rig.server.unreachable = false;
    rig.server.answer = () => eventStream(['data: {"choices":[]}\n\n']);
    for (let left = true, rounds = 0; left && rounds < 20; rounds++) left = await rig.outbox.deliver();
    expect(textsOf(rig).slice(1)).toHaveLength(5);
    expect(reports(rig)).toMatchObject([{ type: "undeliverable", status: 200 }]);
  });

  test("ends after a week", async () => {
    const rig = await offlineRig();
    await rig.queue(question("a"));
    rig.server.unreachable = false;
    rig.dateMs += 7 * 24 * 60 * 60_000 + 1;
    expect(await rig.outbox.deliver()).toBe(false);
    expect(reports(rig)).toMatchObject([{ type: "undeliverable", status: undefined }]);
    expect(textsOf(rig).slice(1)).toEqual([]);
  });
});

describe("another user", () => {
  test("sends nothing of the one before, which is deleted", async () => {
    const rig = await offlineRig();
    await rig.queue(question("a"));
    rig.server.unreachable = false;
    rig.server.subject = "other";
    await rig.gate.credentials.signOut();
    expect(await rig.outbox.deliver()).toBe(false);
    expect([textsOf(rig).slice(1), rig.waiting.size]).toEqual([[], 0]);
  });

  test("who comes while it is being sent does not send it either", async () => {
    const rig = await offlineRig();
    await rig.queue(question("a"));
    rig.server.unreachable = false;
    const { credentials } = rig.gate;
    const credential = credentials.get;
    let asked = 0;
    Object.assign(credentials, {
      async get() {
        // The second time is right before sending.
        if (++asked === 2) {
          rig.server.subject = "other";
          await credentials.signOut();
        }
        return credential();
      },
    });
    expect(await rig.outbox.deliver()).toBe(true);
    expect(asked).toBeGreaterThan(1);
    expect(textsOf(rig).slice(1)).toEqual([]);
  });

  test("after signing out finds nothing that can be read", async () => {
    const rig = await offlineRig();
    await rig.queue(question("a"));
    await rig.cache.shred("all");
    await rig.gate.credentials.signOut();
    rig.server.unreachable = false;
    expect(await rig.outbox.deliver()).toBe(false);
    expect([textsOf(rig).slice(1), rig.waiting.size]).toEqual([[], 0]);
  });
});
