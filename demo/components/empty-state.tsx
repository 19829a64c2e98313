import type { JSX } from "preact";
import { app } from "../state/app.ts";
import { ask } from "../state/chat.ts";
import { isBuiltIn } from "../state/openai.ts";
import { useStore } from "../state/store.ts";
import { Sign } from "./icon.tsx";

/** For the built-in model, which knows this project and nothing else. */
const ABOUT_MINTGATE = [
  "Why is a stolen credential of no use elsewhere?",
  "How do I add it to my app?",
  "How do I use my own OpenAI key?",
  "What happens offline?",
];

const FOR_ANY_MODEL = [
  "Explain how a Service Worker catches a request.",
  "Write a TypeScript function that groups a list by key, with an example.",
  "What is proof of possession, and why is a bearer token weaker?",
  "Compare three ways to keep an API key out of a web page, as a table.",
];

export function EmptyState(): JSX.Element {
  const model = useStore(app, (state) => state.current.settings.model);
  return (
    <section class="empty">
      <Sign />
      <h1>Ask something</h1>
      <p>
        This page calls language models with the plain OpenAI SDK, and there is no key in it. What happens to each
        question on its way is told under “What just happened”.
      </p>
      {isBuiltIn(model) && (
        <p class="empty-model">
          <strong>{model}</strong> is built in and is not a language model: it answers with passages from this project’s
          documentation.
        </p>
      )}
      <ul class="suggestions">
        {(isBuiltIn(model) ? ABOUT_MINTGATE : FOR_ANY_MODEL).map((question) => (
          <li key={question}>
            <button type="button" onClick={() => ask(question)}>
              {question}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
