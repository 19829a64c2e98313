import { FieldError } from "../read.ts";

/** What is wrong with a field, in words that follow its path. */
export function wrong(at: string, detail: string): FieldError {
  return new FieldError(at, `\`${at}\`${detail}`);
}
