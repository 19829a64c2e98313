import type {
  ChatCompletion,
  ChatCompletionMessage,
  ChatCompletionTokenLogprob,
} from "openai/resources/chat/completions";
import type { Finish, TokenLogprob } from "../chat-answer.ts";
import type { Citation } from "../chat-request.ts";

/** What Chat Completions calls the end of a choice. A refusal told in no words of its own is the filter's. */
export function encodeFinish({ reason }: Finish, holdsRefusal: boolean): ChatCompletion.Choice["finish_reason"] {
  switch (reason) {
    case "refusal":
      return holdsRefusal ? "stop" : "content_filter";
    // There is more to come, which a caller should not take for the whole.
    case "pause":
      return "length";
    default:
      return reason;
  }
}

/** A citation of a web page; where it does not say what of the text it stands for, that is all from `start` to `end`. */
export function encodeCitation(
  { url, title, ...place }: Citation,
  { start, end }: { readonly start: number; readonly end: number },
): ChatCompletionMessage.Annotation[] {
  if (url === undefined) return [];
  const { start: start_index = start, end: end_index = end } = place;
  return [{ type: "url_citation", url_citation: { url, title: title ?? url, start_index, end_index } }];
}

export function encodeLogprobs(tokens: readonly TokenLogprob[]): ChatCompletion.Choice["logprobs"] {
  const content = tokens.map(
    ({ top, ...token }): ChatCompletionTokenLogprob => ({ ...encodeToken(token), top_logprobs: top.map(encodeToken) }),
  );
  return { content, refusal: null };
}

function encodeToken({ token, logprob, bytes }: Omit<TokenLogprob, "top">) {
  return { token, logprob, bytes: bytes ? [...bytes] : null };
}
