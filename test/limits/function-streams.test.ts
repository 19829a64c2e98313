import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createMintServer } from "../../mint-server/embed.ts";
import type { JsModel } from "../../mint-server/providers/js-model.ts";

const URL_BASE = "https://mint.example/v1";
const PROJECT_KEY = "project-key-of-the-function-tests";

/** Says a word, and then waits for something that never comes. */
function waitingModel(): { readonly run: JsModel; readonly left: Promise<void> } {
  const { promise: left, resolve } = Promise.withResolvers<void>();
  const run: JsModel = async function* () {
    try {
      for (;;) {
        yield "word ";
        await new Promise((go) => setTimeout(go, 20));
      }
    } finally {
      resolve();
    }
  };
  return { run, left };
}

test("a function's stream ends with a typed error when its credential is revoked, and the function stops", async () => {
  const { run, left } = waitingModel();
  const server = createMintServer({
    secrets: [randomBytes(32).toString("base64url")],
    publicURLs: ["https://mint.example"],
    orgs: { default: { keys: [PROJECT_KEY] } },
    models: { waiting: run },
  });
  const post = (path: string, body: object, key = PROJECT_KEY) =>
    server.fetch(
      new Request(`${URL_BASE}/${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    );
  const { key } = (await (await post("credentials", { subject: "alice" })).json()) as { key: string };
  const stream = await post(
    "chat/completions",
    { model: "waiting", messages: [{ role: "user", content: "Go" }], stream: true },
    key,
  );
  const text = stream.text();
  await (await post("credentials/revoke", { subject: "alice" })).json();
  expect(await text).toMatch(/data: .*"word ".*event: error\ndata: .*"invalid_token".*\n\n$/s);
  await left;
});
