import type { Grant } from "../contract/credential.ts";
import { asObject } from "../wire/read.ts";
import { allowsModel } from "./claims.ts";

type Body = Readonly<Record<string, unknown>>;

/**
 * The field by which a request might be answered by a model that its grant does not cover: some providers take a list of those
 * to turn to, or choose one by themselves. Fields that `settled` has are not the caller's own.
 */
export function strangeModelField(grant: Grant, body: Body, settled: Body = {}): string | undefined {
  if (grant.models === undefined) return undefined;
  const isCovered = (name: unknown): boolean => typeof name === "string" && allowsModel(grant, name);
  const isStrange = (field: string): boolean => {
    const value = body[field];
    if (value === undefined || value === null || Object.hasOwn(settled, field)) return false;
    if (CHOOSING.includes(field)) return true;
    // Of Anthropic's list each entry is an object, and its "default" names none.
    const names = Array.isArray(value) ? value.map((entry: unknown) => asObject(entry)?.model ?? entry) : [value];
    return !names.every(isCovered);
  };
  return [...LISTS, ...CHOOSING].find(isStrange) ?? CONFIGS.find((field) => routes(body[field], settled[field]));
}

/** OpenRouter's and other gateways', and Anthropic's. */
const LISTS = ["models", "fallbacks"];
/** What names a way to choose, and no model: OpenRouter's. */
const CHOOSING = ["route", "preset"];

const CONFIGS = ["generationConfig", "generation_config"];
/** Vertex's. */
const ROUTING = ["routingConfig", "routing_config", "modelConfig", "model_config"];

function routes(config: unknown, settled: unknown): boolean {
  const given = settled === undefined ? asObject(config) : undefined;
  return ROUTING.some((field) => given?.[field] !== undefined && given[field] !== null);
}
