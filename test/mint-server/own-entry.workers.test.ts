import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { configOf, createWorker, Directory, type Env, Ledger } from "../../mint-server/worker.ts";

// A Worker entry that people write themselves, with the bindings of `wrangler.toml`.

const settings = env as Env;

const { handler, Answers, Calls } = createWorker((given: Env) => ({
  ...configOf(given),
  models: {
    async *parrot({ messages }) {
      yield `You said: ${messages.at(-1)?.content}`;
    },
  },
}));

const ask = (given: Env): Promise<Response> =>
  handler.fetch(
    new Request("https://mint.example/v1/chat/completions", {
      method: "POST",
      headers: {
        authorization: "Bearer project-key-of-the-worker-under-test",
        "content-type": "application/json",
        "x-bt-use-cache": "never",
      },
      body: JSON.stringify({ model: "parrot", messages: [{ role: "user", content: "hello" }] }),
    }),
    given,
  );

test("answers by the configuration that it was made with", async () => {
  const { ANSWERS: _, ...withoutObjects } = settings;
  const answer = await ask(withoutObjects);
  expect(await answer.text()).toContain("You said: hello");
});

test("has every class that the bindings name", () => {
  expect([Ledger, Directory, Answers, Calls].map((found) => typeof found)).toEqual(Array(4).fill("function"));
});

test("tells callers nothing of settings that are wrong", async () => {
  const { handler: broken } = createWorker((given: Env) => configOf({ ...given, MINT_SECRET: "short-canary" }));
  const answer = await broken.fetch(new Request("https://mint.example/health"), settings);
  expect(answer.status).toBe(500);
  const text = await answer.text();
  expect(text).toContain("bad_settings");
  expect(text).not.toContain("canary");
});
