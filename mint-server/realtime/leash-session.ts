import { type Fields, fieldsOf, isFields } from "./events.ts";
import { type Check, deny, type LeashRules, pass } from "./leash-rules.ts";
import { merged } from "./locks.ts";

/** Every field of a session that a client may send (GA). */
const SESSION_FIELDS: ReadonlySet<string> = new Set([
  "type",
  "model",
  "audio",
  "include",
  "instructions",
  "max_output_tokens",
  "output_modalities",
  "parallel_tool_calls",
  "prompt",
  "reasoning",
  "tool_choice",
  "tools",
  "tracing",
  "truncation",
]);
/** Every field of `response.create`. */
const RESPONSE_FIELDS: ReadonlySet<string> = new Set([
  "audio",
  "conversation",
  "input",
  "instructions",
  "max_output_tokens",
  "metadata",
  "output_modalities",
  "parallel_tool_calls",
  "prompt",
  "reasoning",
  "tool_choice",
  "tools",
]);
/** What says which conversation a response belongs to, and nothing of how the model behaves. */
const OF_ANY_RESPONSE: ReadonlySet<string> = new Set(["conversation", "input", "metadata", "max_output_tokens"]);

/** A session as it goes out, and whether the client wants a response at the end of each turn. */
export interface LeashedSession {
  readonly session: Fields;
  /** `undefined` where the client did not say. */
  readonly answersTurns: boolean | undefined;
}

/**
 * The session of a `session.update`, built anew: what the client may say, with what is locked over it. Fields that a template
 * leaves no room for are left out; the `session.updated` that follows shows what holds.
 */
export function leashSession(rules: LeashRules, session: unknown): Check<LeashedSession> {
  if (!isFields(session)) return deny("`session` must be an object.", "session", "invalid_value");
  const unknown = Object.keys(session).find((name) => !SESSION_FIELDS.has(name));
  if (unknown !== undefined) return unknownField(`session.${unknown}`);
  const model = checkModel(rules, session);
  if (!model.ok) return model;
  const { model: _, tracing, ...rest } = withinTemplate(rules, session);
  // Traces stay at the provider. Clients ask for them by default, so this is no reason to refuse the rest.
  const traced = tracing === undefined || !rules.hasFeature("store") ? rest : { ...rest, tracing };
  const checked = checkBehaviour(rules, traced, "session");
  if (!checked.ok) return checked;
  const locked = withOutputCap(rules, merged(traced, rules.locked), session.type === "transcription");
  return leashTurns(rules, locked);
}

/** The parameters of a `response.create`, without what is locked for the session. */
export function leashResponse(rules: LeashRules, response: unknown): Check<Fields> {
  if (response !== undefined && response !== null && !isFields(response))
    return deny("`response` must be an object.", "response", "invalid_value");
  const asked = fieldsOf(response);
  const unknown = Object.keys(asked).find((name) => !RESPONSE_FIELDS.has(name));
  if (unknown !== undefined) return unknownField(`response.${unknown}`);
  const free = Object.fromEntries(Object.entries(asked).filter(([name]) => isFree(rules, name)));
  const checked = checkBehaviour(rules, free, "response");
  if (!checked.ok) return checked;
  const { input } = free;
  if (input !== undefined && !Array.isArray(input))
    return deny("`response.input` must be a list.", "response.input", "invalid_value");
  for (const [index, item] of (input ?? []).entries()) {
    const problem = checkItem(rules, item, `response.input[${index}]`);
    if (!problem.ok) return problem;
  }
  return pass(asked.max_output_tokens === undefined ? free : withOutputCap(rules, free, false));
}

/** An item that a client puts into the conversation. */
export function checkItem(rules: LeashRules, item: unknown, param: string): Check<unknown> {
  if (!isFields(item)) return deny(`\`${param}\` must be an object.`, param, "invalid_value");
  const { type, role } = item;
  if (type === "message" && role !== "user" && role !== "assistant" && rules.locked.instructions !== undefined)
    return deny("This credential's instructions are settled: items of the system are not taken.", `${param}.role`);
  if (typeof type === "string" && type.startsWith("mcp_") && !rules.hasFeature("hosted_tools"))
    return deny("This credential does not cover `hosted_tools`.", `${param}.type`);
  return pass(item);
}

function isFree({ locked, allow }: LeashRules, name: string): boolean {
  if (OF_ANY_RESPONSE.has(name)) return true;
  return !Object.hasOwn(locked, name) && (allow === undefined || allow.has(name));
}

function withinTemplate({ allow }: LeashRules, session: Fields): Fields {
  if (!allow) return session;
  return Object.fromEntries(Object.entries(session).filter(([name]) => name === "type" || allow.has(name)));
}

function checkModel({ model, allowsModel }: LeashRules, { model: asked }: Fields): Check<undefined> {
  if (asked === undefined || asked === null || asked === model) return pass(undefined);
  if (typeof asked !== "string" || !allowsModel(asked))
    return deny("This credential does not cover that model.", "session.model", "model_not_allowed");
  return deny(`This session's model is ${JSON.stringify(model)} and cannot change.`, "session.model", "invalid_value");
}

/** What needs leave, in a session and in one response alike. */
function checkBehaviour(rules: LeashRules, fields: Fields, at: string): Check<undefined> {
  const { tools, prompt } = fields;
  if (tools !== undefined && tools !== null && !Array.isArray(tools))
    return deny(`\`${at}.tools\` must be a list.`, `${at}.tools`, "invalid_value");
  if (tools?.some((tool: unknown) => fieldsOf(tool).type !== "function") && !rules.hasFeature("hosted_tools"))
    return deny("This credential does not cover `hosted_tools`: tools must be functions.", `${at}.tools`);
  // A stored prompt is the owner's, and may bring tools of its own.
  const stored = (["store", "hosted_tools"] as const).find((feature) => !rules.hasFeature(feature));
  if (prompt !== undefined && prompt !== null && stored !== undefined)
    return deny(`This credential does not cover \`${stored}\`.`, `${at}.prompt`);
  return checkTranscription(rules, fields, at);
}

function checkTranscription(rules: LeashRules, fields: Fields, at: string): Check<undefined> {
  const { transcription } = fieldsOf(fieldsOf(fields.audio).input);
  if (transcription === undefined || transcription === null) return pass(undefined);
  const { model } = fieldsOf(transcription);
  const param = `${at}.audio.input.transcription.model`;
  if (fields.type === "transcription" && typeof model === "string" && !rules.allowsModel(model))
    return deny("This credential does not cover that model.", param, "model_not_allowed");
  if (rules.paysFirst && (typeof model !== "string" || !rules.isPriced(model)))
    return deny(
      "This credential's budget is limited, and no price is known of that transcription model.",
      param,
      "unpriced_model",
    );
  return pass(undefined);
}

function withOutputCap({ maxOutputTokens: cap, locked }: LeashRules, fields: Fields, transcribes: boolean): Fields {
  if (transcribes) return fields;
  const limits = [cap, locked.max_output_tokens, fields.max_output_tokens];
  const stated = limits.filter((limit): limit is number => typeof limit === "number");
  return stated.length === 0 ? fields : { ...fields, max_output_tokens: Math.min(...stated) };
}

function leashTurns({ paysFirst }: LeashRules, session: Fields): Check<LeashedSession> {
  const audio = fieldsOf(session.audio);
  const input = fieldsOf(audio.input);
  const { turn_detection: turns } = input;
  if (turns === undefined) return pass({ session, answersTurns: undefined });
  if (!isFields(turns)) return pass({ session, answersTurns: false });
  const answersTurns = session.type !== "transcription" && turns.create_response !== false;
  if (!paysFirst || session.type === "transcription") return pass({ session, answersTurns });
  if (turns.idle_timeout_ms !== undefined && turns.idle_timeout_ms !== null) {
    const param = "session.audio.input.turn_detection.idle_timeout_ms";
    return deny("This credential's budget is limited: no response starts by itself.", param);
  }
  const held = { ...input, turn_detection: { ...turns, create_response: false } };
  return pass({ session: { ...session, audio: { ...audio, input: held } }, answersTurns });
}

function unknownField(param: string): Check<never> {
  return deny(`\`${param.slice(0, 100)}\` is not a known field.`, param.slice(0, 100), "unknown_parameter");
}
