import type { Usage } from "../wire/chat-answer.ts";

/** More tokens than any request and its answers have, however many were asked for. */
export const MOST_TOKENS = 1e9;

/** Whether what a provider tells can be what was used. What cannot is as if it had told nothing. */
export function isSound(usage: Usage): boolean {
  return Object.values(usage).every((count) => Number.isSafeInteger(count) && count >= 0 && count <= MOST_TOKENS);
}
