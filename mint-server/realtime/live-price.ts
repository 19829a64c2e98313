import { REALTIME_FREE, type RealtimePrice } from "./price.ts";

/**
 * US dollars an hour: Live sessions are charged by the second they last, at $0.05 a minute for GPT-Live 1 and 1.1 (OpenAI's
 * pages of both models, November 2026). What they delegate to is charged apart.
 */
const USD_PER_HOUR: readonly (readonly [models: RegExp, usd: number])[] = [
  [/^gpt-live-1(\.1)?(-\d{4}-\d{2}-\d{2})?$/, 3],
];

/** What a Live session costs; `undefined` if nobody knows. */
export function livePriceOf(model: string): RealtimePrice | undefined {
  const perHour = USD_PER_HOUR.find(([models]) => models.test(model))?.[1];
  return perHour === undefined ? undefined : { ...REALTIME_FREE, perHour };
}
