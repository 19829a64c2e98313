import type { JsonSchema } from "./client.ts";

/** The tool that clients offer, in no client's words. */
export const WEATHER: { readonly name: string; readonly description: string; readonly parameters: JsonSchema } = {
  name: "weather",
  description: "The weather of the next days in a city.",
  parameters: {
    type: "object",
    properties: { city: { type: "string" }, days: { type: "integer" } },
    required: ["city", "days"],
    additionalProperties: false,
  },
};

/** The tool itself. */
export function callWeather(input: unknown): string {
  const { city, days } = input as { city: string; days: number };
  return `${city}: sun for ${days} days.`;
}
