import type { Fields } from "./orders.ts";

/** A function that the request lets the model call. */
export interface ToolOffer {
  readonly name: string;
  /** Its parameters, as JSON Schema or in Gemini's kind. */
  readonly schema: unknown;
}

/** A tool's result, as the stand-in reports it back. */
export interface ToolResult {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly text: string;
  readonly isError?: true;
}

/** What a request asks of the model, in no format's words. */
export interface Turn {
  readonly tools: readonly ToolOffer[];
  /** `any`: at least one call; where `names` is given, of those. */
  readonly choice: { readonly kind: "auto" | "none" | "any"; readonly names?: readonly string[] };
  /** At most one call. */
  readonly oneCall: boolean;
  /** Text of the last message, if it is the user's. */
  readonly userText: string;
  /** What the tools gave, if that is what came last. */
  readonly results: readonly ToolResult[];
  /** JSON is asked for, in this schema if there is one. */
  readonly json: false | { readonly schema?: unknown };
}

/** A request whose format is known. */
export interface Asked {
  /** Without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly fields: Fields;
  /** Which of the format's calls it is. */
  readonly call: string;
  readonly model: string;
}

/** Objects of a list that may be anything. */
export function objectsIn(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "object" && item !== null) : [];
}

/** A field that should hold an object. */
export function objectIn(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
