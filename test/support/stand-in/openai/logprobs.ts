import type { ChatCompletion } from "openai/resources/chat/completions";
import type { AnswerInput } from "./format.ts";

/** Log probabilities of the pieces, where they are asked for; a piece counts as a token. */
export function logprobsOf({ fields }: AnswerInput, pieces: readonly string[]): ChatCompletion.Choice.Logprobs | null {
  if (fields.logprobs !== true || pieces.length === 0) return null;
  const one = (token: string, logprob: number) => ({ token, logprob, bytes: [...Buffer.from(token)] });
  const others = Array.from({ length: Number(fields.top_logprobs ?? 0) }, (_, at) => at);
  const content = pieces.map((token, at) => ({
    ...one(token, -(at + 1) / 8),
    top_logprobs: others.map((rank) => one(rank === 0 ? token : `other ${rank}`, -(at + 1) / 8 - rank)),
  }));
  return { content, refusal: null };
}
