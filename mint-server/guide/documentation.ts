import type { JsMessage } from "../providers/js-model.ts";
import { answer } from "./answer.ts";
import { PASSAGES } from "./passages.ts";
import { createSearch } from "./search.ts";

// Loaded at the first question: the text of the documentation is a good part of the whole server.

const search = createSearch(PASSAGES);

/** Answers the last user message of a conversation with the section of the documentation that fits, in Markdown. */
export function answerFromDocumentation(messages: readonly JsMessage[]): string {
  return answer(messages, search);
}
