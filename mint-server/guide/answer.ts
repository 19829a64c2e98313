import type { JsMessage } from "../providers/js-model.ts";
import type { Passage } from "./passage.ts";
import type { Found, Search } from "./search.ts";
import { type SmallTalk, smallTalk } from "./small-talk.ts";

const SIGNATURE = "_`guide` searches mintgate's documentation. It is not a language model._";

const EXAMPLES = [
  "How do I add mintgate to my app?",
  "How do I issue a temporary credential?",
  "Where do provider keys live?",
  "What is not defended?",
  "What does `insufficient_scope` mean?",
];

const TOPICS = `I can look up these, for example:\n\n${EXAMPLES.map((example) => `- ${example}`).join("\n")}`;

const TALK: Readonly<Record<SmallTalk, string>> = {
  greeting: `Hello. I look things up in mintgate's documentation: ask me how it works or how to set it up.\n\n${TOPICS}`,
  thanks: "You're welcome. Ask on if something else comes up.",
  farewell: "Goodbye.",
  identity:
    "I am `guide`, mintgate's built-in model: a JavaScript function that searches the project's documentation and " +
    "hands you the section that fits. Add a provider's key to the mint-server and a real model answers in my place.",
  topics: TOPICS,
};

const UNKNOWN = "I found nothing about that in mintgate's documentation, which is all I can search.";

/** Answers the last user message of a conversation, in Markdown. */
export function answer(messages: readonly JsMessage[], search: Search): string {
  const asked = messages.filter(({ role }) => role === "user").map(({ content }) => content);
  return `${body(messages, asked, search)}\n\n${SIGNATURE}`;
}

function body(messages: readonly JsMessage[], asked: readonly string[], search: Search): string {
  const text = asked.at(-1)?.trim() ?? "";
  if (text === "") return TALK.greeting;
  const talk = smallTalk(text);
  if (talk) return TALK[talk];
  const shown = messages.filter(({ role }) => role === "assistant").map(({ content }) => content);
  const seen = (passage: Passage) => shown.some((earlier) => earlier.includes(reference(passage)));
  const found = search({ text, before: asked.slice(0, -1).filter((earlier) => !smallTalk(earlier)), seen });
  return found ? compose(found) : `${UNKNOWN}\n\n${TOPICS}`;
}

function compose({ passage, confidence, related }: Found): string {
  const lead =
    confidence === "sure"
      ? `**${passage.heading}**`
      : `The closest that the documentation has is **${passage.heading}**, under ${passage.title}:`;
  const more = [`Read more: ${reference(passage)}`];
  if (related.length > 0) more.push(`Related: ${related.map(reference).join("; ")}`);
  return `${lead}\n\n${passage.text}\n\n${more.map((line) => `- ${line}`).join("\n")}`;
}

function reference({ page, heading }: Passage): string {
  return `“${heading}” in \`${page}\``;
}
