import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { createMintServer } from "../../mint-server/embed.ts";
import { startStandIn } from "../support/stand-in.ts";
import { chat } from "../support/work.ts";
import { startReceiver } from "./receiver.ts";

const KEY = "project-key-of-the-embedded-server";

test("a server that is embedded in a process tells the same, of shared answers once", async () => {
  const [receiver, standIn] = await Promise.all([startReceiver(), startStandIn()]);
  onTestFinished(() => Promise.all([receiver.stop(), standIn.stop()]).then(() => {}));
  const server = createMintServer({
    secrets: [randomBytes(32).toString("base64url")],
    publicURLs: ["https://mint.example"],
    orgs: {
      default: {
        keys: [KEY],
        endpoints: [{ name: "openai", provider: "openai", apiKey: "sk-any", baseURL: standIn.url }],
      },
    },
    telemetry: { endpoint: receiver.url, headers: { "x-team": "a" } },
  });
  const ask = () =>
    server.fetch(
      new Request("https://mint.example/v1/proxy/chat/completions", {
        method: "POST",
        headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
        body: JSON.stringify(chat({ usage: { input: 9, output: 4 } }, { temperature: 0, seed: 1 })),
      }),
    );
  const answers = await Promise.all([ask(), ask(), ask()]);
  const texts = await Promise.all(answers.map((answer) => answer.text()));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(new Set(texts).size).toBe(1);
  const servers = await receiver.untilSpans(3, ({ kind }) => kind === 2);
  expect(servers.map(({ attributes }) => attributes["mintgate.cached"] ?? "none").sort()).toEqual([
    "none",
    "shared",
    "shared",
  ]);
  const clients = receiver.spans().filter(({ kind }) => kind === 3);
  expect(clients.map(({ attributes }) => attributes["gen_ai.usage.output_tokens"])).toEqual([4]);
  expect(receiver.exports[0]?.headers["x-team"]).toBe("a");
});
