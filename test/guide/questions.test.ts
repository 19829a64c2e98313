import { describe, expect, test } from "vitest";
import { PASSAGES } from "../../mint-server/guide/passages.ts";
import { createSearch, type Found } from "../../mint-server/guide/search.ts";

const search = createSearch(PASSAGES);

/** Asks the last of several messages, after the others. */
function ask(...messages: string[]): Found | undefined {
  return search({ text: messages.at(-1) ?? "", before: messages.slice(0, -1), seen: () => false });
}

describe("finds the section that answers", () => {
  test.each([
    ["What is mintgate?", "mintgate"],
    ["how does it work?", "How it works"],
    ["how do I install it", "Install and start"],
    ["How do I add mintgate to my React app?", "Add mintgate to a Vite app"],
    ["How do I use it with my OpenAI key?", "Use a real provider"],
    ["Can I call a real model here?", "Use a real provider"],
    ["Why does this page work without a key?", "Built-in model guide"],
    ["how to issue a temporary credential with curl", "Issue a temporary credential"],
    ["How long does a credential live?", "How long a credential lives"],
    ["what happens when the credential expires", "How long a credential lives"],
    ["restrict a credential to one model", "Restrict what it may do"],
    ["how can I inspect the JWT", "Read what a credential grants"],
    ["What stops someone from copying a credential?", "Bound to a key (DPoP)"],
    ["what is DPoP", "Bound to a key (DPoP)"],
    ["can I revoke a credential", "Revoke a credential"],
    ["does it work in safari", "Does it work in Safari?"],
    ["which browsers are supported?", "Which browsers work?"],
    ["does it work offline", "What happens offline?"],
    ["how do I migrate from the braintrust proxy", "From the Braintrust proxy"],
    ["I have my own api route, how do I replace it", "From a route of your own"],
    ["sign in with clerk", "Clerk"],
    ["does it work with next-auth", "Auth.js"],
    ["is there an openapi description", "OpenAPI"],
    ["how do I use it in next.js", "Server rendering, and Next.js"],
    ["how do I build a voice agent", "A voice agent in the page"],
    ["explain the security model in simple words", "In plain words"],
    ["how much does it cost", "What does it cost?"],
    ["How do I stop a streaming answer?", "How do I stop an answer?"],
    ["what happens if the user closes the tab", "Aborting a request"],
    ["can users see my api key", "Does my key reach the browser?"],
    ["How does mintgate keep the key out of the page?", "Does my key reach the browser?"],
    ["is it safe against xss", "What an attacker can do"],
    ["what is not defended", "What is not defended"],
    ["how do I use it with firebase", "Firebase"],
    ["auth0 config", "Auth0"],
    ["how do I let users log in", "How do users sign in?"],
    ["cors error", "Why do I get a CORS error?"],
    [
      "Refused to connect because it violates the document's Content Security Policy",
      "Why is the call blocked by the Content Security Policy?",
    ],
    ["I already have a service worker", "Bring your own worker with installProxy"],
    ["how do I use it with vite-plugin-pwa", "With a worker of your own"],
    ["what happens when the service worker is killed", "When the browser stops the worker"],
    ["how do I use createFetch", "Without a worker"],
    ["the worker is not active after first load", "The page is not covered after the first load"],
    ["can I use claude", "Can I use Claude or Gemini?"],
    ["which providers are supported", "Provider keys"],
    ["how do I use ollama", "Use Ollama or another local server"],
    ["how do I write my own model", "Register a model"],
    ["what does insufficient_scope mean", "insufficient_scope"],
    ["error model_not_found", "model_not_found"],
    ["stream_truncated", "stream_truncated"],
    ["what is MINT_SECRET and how do I generate one", "Make a root secret"],
    ["how do I change the port", "Server settings"],
    ["MINT_CONFIG example", "MINT_CONFIG"],
    ["how do I embed the server in my own worker", "Embed the server in code"],
    ["how do I deploy to cloudflare", "Deploy the mint-server"],
    ["does it cache answers", "Are answers cached?"],
    ["how do I limit spending per user", "How do I limit what users spend?"],
    ["which headers pick an endpoint", "Request headers"],
    ["how do I list the models", "Which models there are"],
    ["Why is a stolen credential of no use elsewhere?", "Bound to a key (DPoP)"],
    ["How do I add it to my app?", "Add mintgate to a Vite app"],
    ["How do I use my own OpenAI key?", "Use a real provider"],
    ["What happens offline?", "What happens offline?"],
    ["which models are there", "Which models there are"],
    ["what runs on the server?", "What runs where: page, worker, mint-server"],
    ["how do I sign out a user", "Sign out"],
    ["function calling", "Do tools, images and other parameters work?"],
    ["what if someone steals the token", "Bound to a key (DPoP)"],
    ["502 bad gateway", "upstream_unreachable"],
    ["multiple organisations", "MINT_CONFIG"],
    ["is there failover", "How a model finds its endpoint"],
    ["what is the maximum request size", "Size limits"],
    ["python sdk", "Can I use Python, or a backend?"],
    ["why not just a backend proxy", "What is the difference to a backend proxy?"],
    ["what is logged? do you store prompts?", "What is logged"],
    ["How do I run the tests?", "Install and start"],
    ["nginx config", "Put it behind a web server"],
    ["how do I run it behind a reverse proxy", "Put it behind a web server"],
    ["do I have to set PUBLIC_URL", "Tell it the address that browsers see"],
  ])("%s", (question, heading) => {
    expect(ask(question)?.passage.heading).toBe(heading);
  });
});

describe("takes an earlier question into account", () => {
  test.each([
    ["How do I let users sign in?", "and with Firebase?", "Firebase"],
    ["How long does a credential live?", "and can I revoke it?", "Revoke a credential"],
    ["Does it work in Safari?", "and in Firefox?", "Which browsers work?"],
    ["How do I issue a temporary credential?", "restricted to one model?", "Restrict what it may do"],
    ["Can I use Claude?", "and Ollama?", "Use Ollama or another local server"],
  ])("%s … %s", (before, question, heading) => {
    expect(ask(before, question)?.passage.heading).toBe(heading);
  });

  test("hardly at all where the new question is complete", () => {
    expect(ask("How do I deploy it?", "what does insufficient_scope mean")?.passage.heading).toBe("insufficient_scope");
  });
});

describe("finds nothing for what the documentation is not about", () => {
  test.each([
    "What is the weather in Paris?",
    "Write me a poem about the sea",
    "what is the capital of France",
    "who won the world cup in 2022",
    "translate good morning to Spanish",
    "how do I bake bread",
    "recipe for pancakes",
    "tell me a joke",
    "kubernetes helm chart",
    "can you write code for a snake game in python",
    "Was kostet das?",
    "asdfghjkl",
    "2+2",
    "???",
  ])("%s", (question) => {
    expect(ask(question)).toBeUndefined();
  });
});

test("names sections that are near, and never the one that it shows", () => {
  const found = ask("How long does a credential live?");
  expect(ask("cors error")?.related.map(({ heading }) => heading)).toContain("Calls from other origins");
  expect(found?.related).not.toContain(found?.passage);
});

test("forgives a slip of the pen", () => {
  expect(ask("how do I use firebse")?.passage.heading).toBe("Firebase");
  expect(ask("temporary credentail lifetime")?.passage.page).toBe("docs/credentials.md");
});
