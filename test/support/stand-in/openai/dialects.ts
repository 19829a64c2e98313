import { idFrom } from "../ids.ts";
import type { Reply } from "../reply.ts";
import type { Asked } from "../turn.ts";

/** Whether the request is for Mistral, which has rules of its own. */
export function isMistral({ path, model }: Asked): boolean {
  return path.startsWith("/at-mistral/") || /^(?:mistral|magistral|ministral|codestral|devstral)-/.test(model);
}

/** Identifier of the answer's call at this place. */
export function callId(asked: Asked, { seed }: Reply, at: number): string {
  return isMistral(asked) ? idFrom(`${seed} ${at}`, 9) : `call_${idFrom(`${seed} ${at}`, 24)}`;
}

/** Thoughts in a whole message: `reasoning_content` nearly everywhere, pieces of the content at Mistral. */
export function thinkingContent(asked: Asked, { reasoning }: Reply, content: string | null) {
  if (reasoning === undefined) return {};
  if (!isMistral(asked)) return { reasoning_content: reasoning };
  return { content: [thinking(reasoning), ...(content === null ? [] : [{ type: "text", text: content }])] };
}

/** The same in a stream, word by word. */
export function thinkingDeltas(asked: Asked, { reasoning = "" }: Reply): object[] {
  const words = reasoning === "" ? [] : reasoning.split(/(?<= )/);
  return words.map((word) => (isMistral(asked) ? { content: [thinking(word)] } : { reasoning_content: word }));
}

const thinking = (text: string) => ({ type: "thinking", thinking: [{ type: "text", text }] });

/** What a maker puts beside the choices. */
export function dialectExtras({ path }: Asked, { citations }: Reply): object {
  if (!path.startsWith("/at-perplexity/") || citations.length === 0) return {};
  const search_results = citations.map(({ url, title }) => ({ url, title, date: null }));
  return { citations: citations.map(({ url }) => url), search_results };
}
