import type { ModelRequest } from "../model-request.ts";
import { asObject } from "../wire/read.ts";

/** Whether a request of Responses names anything that was said before instead of saying it. */
export function namesEarlier(body: ModelRequest["body"]): boolean {
  return previousIn(body) !== undefined || asItems(body.input).some((item) => nameIn(item) !== undefined);
}

/** The id of the answer that a request goes on from. */
export function previousIn(body: ModelRequest["body"]): string | undefined {
  return typeof body.previous_response_id === "string" ? body.previous_response_id : undefined;
}

/**
 * The id of an item of which the request does not hold all: a mere reference, or a thought or a picture that the provider
 * looks up. What the mint-server has translated is nowhere else.
 */
export function nameIn(item: unknown): string | undefined {
  const reference = referenceIn(item);
  if (reference !== undefined) return reference;
  const { type = "message", id, ...rest } = asObject(item) ?? {};
  const content = CONTENT[String(type)];
  const isAbsent = content !== undefined && !rest[content] && rest[content] !== "";
  return isAbsent && typeof id === "string" && responseOf(id) === undefined ? id : undefined;
}

/** Where items have what the provider also has under their ids. */
const CONTENT: Readonly<Record<string, string>> = {
  message: "content",
  reasoning: "encrypted_content",
  image_generation_call: "result",
};

/** The translated response that has an item: items are called after it. */
export function responseOf(item: string): string | undefined {
  const name = /^(?:rs|msg|fc)_(\w+)_\d+$/.exec(item)?.[1];
  return name && `resp_${name}`;
}

/** The id that an item stands for, if it is a mere reference. */
export function referenceIn(item: unknown): string | undefined {
  const { type, role, id } = asObject(item) ?? {};
  const isReference = type === "item_reference" || (type == null && role == null);
  return isReference && typeof id === "string" ? id : undefined;
}

/** A request's input as a list. */
export function asItems(input: unknown): readonly unknown[] {
  if (Array.isArray(input)) return input;
  return typeof input === "string" ? [{ role: "user", content: input }] : [];
}
