import type { Setting } from "../chat-request.ts";
import { FieldError, type Json, needList, needObject, needText, optionalNumber, optionalText } from "../read.ts";
import { defined } from "./defined.ts";

/** Notes that a field asks for a setting, if it has a value, and hands that value on. */
export type Ask = <T>(setting: Setting, field: string, value: T | undefined) => T | undefined;

/** Notes in `asked` the first field that asks for a setting. */
export function createAsk(asked: Map<Setting, string>): Ask {
  return (setting, field, value) => {
    if (value !== undefined && !asked.has(setting)) asked.set(setting, field);
    return value;
  };
}

/** @throws {FieldError} for a field with a value that is not `known`. */
export function refuseUnknown(value: Json, known: ReadonlySet<string>, at = ""): void {
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined || member === null || known.has(name)) continue;
    const path = at === "" ? name : `${at}.${name}`;
    throw new FieldError(path, `\`${path}\` is not a field that can be translated for this model.`);
  }
}

/** What chat and text completions ask for in the same words. @throws {FieldError} */
export function readSampling(body: Json, ask: Ask) {
  const number = (setting: Setting, field: string, usual?: number): number | undefined => {
    const value = optionalNumber(body[field], field);
    return value === usual ? undefined : ask(setting, field, value);
  };
  return defined({
    temperature: number("temperature", "temperature"),
    topP: number("topP", "top_p"),
    seed: number("seed", "seed"),
    choices: number("choices", "n", 1),
    presencePenalty: number("presencePenalty", "presence_penalty", 0),
    frequencyPenalty: number("frequencyPenalty", "frequency_penalty", 0),
    stop: ask("stop", "stop", readStop(body.stop)),
    logitBias: ask("logitBias", "logit_bias", readBias(body.logit_bias)),
    user: ask("user", "user", optionalText(body.user, "user")),
  });
}

/** Whether a stream is to end with its usage. @throws {FieldError} */
export function readIncludeUsage(body: Json): boolean {
  const options = body.stream_options ?? undefined;
  return options !== undefined && needObject(options, "stream_options").include_usage === true;
}

function readStop(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return [value];
  const texts = needList(value, "stop").map((text, index) => needText(text, `stop[${index}]`));
  return texts.length > 0 ? texts : undefined;
}

function readBias(value: unknown): Readonly<Record<string, number>> | undefined {
  if (value === undefined || value === null) return undefined;
  const entries = Object.entries(needObject(value, "logit_bias"));
  const biases = entries.map(([token, bias]) => [token, optionalNumber(bias, `logit_bias.${token}`) ?? 0] as const);
  return biases.length > 0 ? Object.fromEntries(biases) : undefined;
}
