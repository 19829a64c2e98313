import { expect, test } from "vitest";
import { readCredential } from "../../mint-server/contract/credential.ts";
import { issueCredential, type MintServer } from "../../mint-server/embed.ts";

// The recipes of docs/recipes/command-line.md, in Node and in workerd.

const config = {
  secrets: ["q1XhT6mZ0vJ8rYbN4sWcE7uKaPdGfLoQ2iMxV9tRj3A"],
  publicURLs: ["https://mint.example"],
  orgs: { default: {} },
};

/** An app's back end that hands credentials to the users whom it knows. */
const backEnd: MintServer = {
  async fetch(request) {
    const user = request.headers.get("x-test-user");
    if (user === null) return new Response(null, { status: 401 });
    const limits = { usd: 0.1, per: "day" } as const;
    const issued = await issueCredential(config, { subject: user, model: "gpt-4o", ttl_seconds: 600, limits });
    return Response.json(issued, { headers: { "cache-control": "no-store" } });
  },
};

test("a back end needs the secret, the address and the names of its organisations to issue", async () => {
  const answer = await backEnd.fetch(new Request("https://app.example/token", { headers: { "x-test-user": "alice" } }));
  const { key, subject } = (await answer.json()) as { key: string; subject: string };
  expect(subject).toBe("alice");
  expect(readCredential(key)).toMatchObject({
    iss: "https://mint.example",
    grant: { org: "default", models: ["gpt-4o"], limits: { usd: 0.1, per: "day" } },
  });
});
