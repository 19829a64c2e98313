import { type ChatRequest, SETTINGS, type Setting, type Support } from "./chat-request.ts";
import { FieldError } from "./read.ts";

/** Everything that is not listed is refused, so that a new setting is no provider's by accident. */
export function supports(sent: readonly Setting[], dropped: readonly Setting[]): Support {
  const all = {} as Record<Setting, Support[Setting]>;
  for (const setting of SETTINGS) all[setting] = "refused";
  for (const setting of dropped) all[setting] = "dropped";
  for (const setting of sent) all[setting] = "sent";
  return all;
}

/** @throws {FieldError} for the first thing asked that the wire format refuses. */
export function checkSupport({ asked, model }: ChatRequest, support: Support): void {
  for (const [setting, field] of asked) {
    if (support[setting] === "refused") {
      throw new FieldError(
        field,
        `The provider of ${JSON.stringify(model)} has nothing like \`${field}\`. Leave it out.`,
      );
    }
  }
}
