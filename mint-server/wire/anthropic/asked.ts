import type { Setting } from "../chat-request.ts";
import { FieldError } from "../read.ts";

/** What is asked for, by the field that says so; filled while a request is read. */
export type Asked = Map<Setting, string>;

/** A field that stands in no list of ours. */
export function unknownField(field: string): FieldError {
  return new FieldError(field, `\`${field}\` is not a field that can be translated for this model.`);
}
