import { orderInText } from "./orders.ts";

/** Text that the tests order, with letters that take several bytes and units. */
export const TEXT = "Grüße, 世界 🎉 from the stand-in.";
export const THOUGHTS = "First I look at the weather. Then I speak.";
/** Arguments whose JSON has escapes, and letters outside of the basic plane. */
export const PARIS = { city: 'Paris "été" 🎉\n', days: 3 };
export const OSLO = { city: "Oslo", days: 1 };

export const WEATHER_SCHEMA = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city", "days"],
  additionalProperties: false,
} as const;

export const SAYS = `Hello. ${orderInText({ text: TEXT })}`;
export const THINKS = `Think. ${orderInText({ text: TEXT, reasoning: THOUGHTS })}`;
export const CALLS = `Weather? ${orderInText({
  reasoning: THOUGHTS,
  toolCalls: [
    { name: "weather", arguments: PARIS },
    { name: "weather", arguments: OSLO },
  ],
  argumentSplits: "hard",
})}`;
export const FAILS = `Fail. ${orderInText({ status: 429, headers: { "x-should-retry": "false" } })}`;
export const BREAKS = `Break. ${orderInText({ events: 9, errorInStream: 4 })}`;
export const STRANGE = `Strange. ${orderInText({ text: TEXT, unknownEvents: true })}`;
export const COUNTED = `Count. ${orderInText({
  text: TEXT,
  usage: { input: 100, cached: 30, cacheWrite: 20, output: 50, reasoning: 10 },
})}`;
