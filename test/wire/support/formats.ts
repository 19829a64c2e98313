import type { ChatSchema, SpokenWire } from "../../../mint-server/wire/formats.ts";
import { SCHEMAS, WIRES } from "../../../mint-server/wire/formats.ts";
import type { CallerFormat, WireFormat } from "../../../mint-server/wire/wire-format.ts";

export type { ChatSchema, SpokenWire };

/** Every wire format, loaded. */
export const wires: Readonly<Record<SpokenWire, WireFormat>> = {
  openai: await WIRES.openai(),
  responses: await WIRES.responses(),
  anthropic: await WIRES.anthropic(),
  google: await WIRES.google(),
  bedrock: await WIRES.bedrock(),
};

/** Every schema of callers, loaded. */
export const schemas: Readonly<Record<ChatSchema, CallerFormat>> = {
  chat: await SCHEMAS.chat(),
  completions: await SCHEMAS.completions(),
  responses: await SCHEMAS.responses(),
  anthropic: await SCHEMAS.anthropic(),
  google: await SCHEMAS.google(),
};

/** Schemas whose provider's side is a whole client of them. */
export const CALLERS = ["chat", "responses", "anthropic", "google"] as const;
export type Caller = (typeof CALLERS)[number];

export const ALL_WIRES = ["openai", "responses", "anthropic", "google", "bedrock"] as const satisfies SpokenWire[];

/** The wire format that is a caller's schema seen from the other side. */
export function wireOf(caller: Caller): Exclude<SpokenWire, "bedrock"> {
  return caller === "chat" ? "openai" : caller;
}

/** The schema that is a wire format seen from the other side; Bedrock's has none. */
export function callerOf(wire: SpokenWire): Caller | undefined {
  if (wire === "bedrock") return undefined;
  return wire === "openai" ? "chat" : wire;
}
