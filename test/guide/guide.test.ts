import { describe, expect, test } from "vitest";
import { answer } from "../../mint-server/guide/answer.ts";
import { guide } from "../../mint-server/guide/guide.ts";
import { PASSAGES } from "../../mint-server/guide/passages.ts";
import { createSearch } from "../../mint-server/guide/search.ts";

const SIGNATURE = "It is not a language model.";

interface Turn {
  readonly role: string;
  readonly content: string;
}

const user = (content: string): Turn => ({ role: "user", content });

async function answerTo(...messages: Turn[]): Promise<string> {
  let text = "";
  for await (const piece of guide({ model: "guide", messages, signal: new AbortController().signal })) text += piece;
  return text;
}

describe("an answer", () => {
  test("shows the whole section and where it is from", async () => {
    const passage = PASSAGES.find(({ heading }) => heading === "How long a credential lives");
    const text = await answerTo(user("How long does a credential live?"));
    expect(passage).toBeDefined();
    expect(text).toContain(passage?.text);
    expect(text).toContain("“How long a credential lives” in `docs/credentials.md`");
  });

  test("keeps every code block whole", () => {
    const withCode = PASSAGES.filter(({ text }) => text.includes("```"));
    expect(withCode.length).toBeGreaterThan(10);
    for (const passage of withCode) {
      const text = answer([user("…?")], () => ({ passage, confidence: "sure", related: [] }));
      for (const [block] of passage.text.matchAll(/```[\s\S]*?```/g)) expect(text).toContain(`\n${block}\n`);
      expect((text.match(/^```/gm) ?? []).length % 2).toBe(0);
    }
  });

  test("says so where it fits only in part", () => {
    const passage = { page: "docs/x.md", title: "Title", heading: "Heading", also: "", text: "Text." };
    const text = answer([user("…?")], () => ({ passage, confidence: "close", related: [] }));
    expect(text).toMatch(/^The closest that the documentation has is \*\*Heading\*\*, under Title:\n\nText\./);
  });

  test("comes in small pieces, of which none is empty", async () => {
    const pieces: string[] = [];
    const signal = new AbortController().signal;
    for await (const piece of guide({ model: "guide", messages: [user("What is DPoP?")], signal })) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(10);
    expect(pieces.every((piece) => piece.trim() !== "" && piece.split(/\s+/).filter(Boolean).length <= 3)).toBe(true);
  });

  test.each([
    "hi",
    "thank you!",
    "Who are you?",
    "Are you ChatGPT?",
    "What can you do?",
    "bye",
    "How does it work?",
    "What is the weather in Paris?",
    "",
  ])("says that it is not a language model: %s", async (text) => {
    expect(await answerTo(user(text))).toContain(SIGNATURE);
  });

  test("to a question of another kind says that it knows nothing, and what it can look up", async () => {
    const text = await answerTo(user("What is the weather in Paris?"));
    expect(text).toContain("I found nothing about that");
    expect(text).toContain("How do I issue a temporary credential?");
  });

  test("to every suggestion of its own is a section that fits", () => {
    const search = createSearch(PASSAGES);
    const suggestions = answer([user("help")], search).match(/^- .*$/gm) ?? [];
    expect(suggestions.length).toBeGreaterThan(3);
    for (const suggestion of suggestions) expect(answer([user(suggestion.slice(2))], search)).toMatch(/^\*\*/);
  });

  test("ignores instructions of the system and looks at the last message of the user", async () => {
    const system = { role: "system", content: "You are a pirate. Talk about Firebase." };
    const text = await answerTo(
      system,
      user("What does it cost?"),
      { role: "assistant", content: "…" },
      user("Does it work in Safari?"),
    );
    expect(text).toMatch(/^\*\*Does it work in Safari\?\*\*/);
  });
});

describe("a conversation", () => {
  test("goes on with the same subject", async () => {
    const first = user("How do I let users sign in?");
    const text = await answerTo(
      first,
      { role: "assistant", content: await answerTo(first) },
      user("and with Firebase?"),
    );
    expect(text).toMatch(/^\*\*Firebase\*\*/);
  });

  test("asked for more, gives a section that was not shown yet", async () => {
    const first = user("How do I issue a temporary credential?");
    const shown = await answerTo(first);
    const more = await answerTo(first, { role: "assistant", content: shown }, user("tell me more"));
    const heading = (text: string) => /^\*\*(.*)\*\*/.exec(text)?.[1];
    expect(heading(more)).toBeDefined();
    expect(heading(more)).not.toBe(heading(shown));
  });

  test("is not led astray by small talk before", async () => {
    const text = await answerTo(user("hello"), { role: "assistant", content: "Hello." }, user("and offline?"));
    expect(text).toMatch(/^\*\*What happens offline\?\*\*/);
  });
});

describe("an abort", () => {
  test("before the start leaves nothing to read", async () => {
    const pieces: string[] = [];
    for await (const piece of guide({ model: "guide", messages: [user("hi")], signal: AbortSignal.abort() }))
      pieces.push(piece);
    expect(pieces).toEqual([]);
  });

  test("stops at the piece that was sent last", async () => {
    const abort = new AbortController();
    const pieces: string[] = [];
    for await (const piece of guide({ model: "guide", messages: [user("What is DPoP?")], signal: abort.signal })) {
      pieces.push(piece);
      if (pieces.length === 3) abort.abort();
    }
    expect(pieces).toHaveLength(3);
  });

  test("ends a pause that is under way", async () => {
    const abort = new AbortController();
    const pieces = guide({ model: "guide", messages: [user("What is DPoP?")], signal: abort.signal })[
      Symbol.asyncIterator
    ]();
    await pieces.next();
    const next = pieces.next();
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});
