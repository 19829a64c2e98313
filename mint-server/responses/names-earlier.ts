import type { ModelRequest } from "../model-request.ts";
import { asObject } from "../wire/read.ts";

/** Whether a request names anything that was said before instead of saying it. */
export function namesEarlier({ endpoint, body }: ModelRequest): boolean {
  if (endpoint.schema !== "responses") return false;
  return typeof body.previous_response_id === "string" || asItems(body.input).some((item) => referenceIn(item));
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
