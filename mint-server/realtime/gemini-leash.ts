import { allowsModel } from "../credentials/claims.ts";
import type { Caller } from "../credentials/verify.ts";
import { type Failure, fail, ok, type Result } from "../failures.ts";
import { toCamel } from "../wire/google/fields.ts";
import { type Fields, fieldsOf, isFields } from "./events.ts";
import { geminiSetup } from "./gemini-setup.ts";
import { locksOf } from "./locks.ts";

/** What a credential's holder may send in Gemini's own protocol. */
export interface GeminiLeash {
  /** The first message's `setup`, with what is locked in it. */
  setUp(setup: Fields): Result<Fields>;
  /** Any later message, as it may go on. */
  check(message: Fields): Result<Fields>;
}

/** Fields of a setup that nobody is harmed by, whatever they hold. */
const FREE = [
  "model",
  "realtimeInputConfig",
  "inputAudioTranscription",
  "outputAudioTranscription",
  "contextWindowCompression",
  "proactivity",
];
/** Fields of a setup by the field of OpenAI's session that locks them, or that a template has to leave room for. */
const LOCKED_BY: Readonly<Record<string, string>> = {
  systemInstruction: "instructions",
  tools: "tools",
  generationConfig: "audio",
  safetySettings: "safetySettings",
  labels: "labels",
  avatarConfig: "avatarConfig",
};
const MESSAGES: ReadonlySet<string> = new Set(["clientContent", "realtimeInput", "toolResponse", "contextUpdate"]);

export function createGeminiLeash(caller: Caller, model: string, maxOutputTokens: number | undefined): GeminiLeash {
  const { grant } = caller;
  const { locked, allow } = locksOf(caller);
  const hasRoom = (name: string): boolean => !Object.hasOwn(locked, name) && (allow === undefined || allow.has(name));
  const mayUseTools = (tools: unknown): boolean =>
    grant.features?.includes("hosted_tools") === true || functionsAlone(tools);

  return {
    setUp(setup) {
      if (!allowsModel(grant, model)) return denied("model", "This credential does not cover that model.");
      const unknown = Object.keys(setup).find((name) => !FREE.includes(name) && LOCKED_BY[name] === undefined);
      // A session that is taken up again may be anybody's.
      if (unknown === "sessionResumption" && !grant.features?.includes("store"))
        return denied("setup.sessionResumption", "This credential does not cover `store`.");
      if (unknown !== undefined && unknown !== "sessionResumption")
        return denied(`setup.${unknown.slice(0, 100)}`, "This credential's sessions have no such field.");
      if (!mayUseTools(setup.tools)) return denied("setup.tools", "This credential does not cover `hosted_tools`.");
      const kept = Object.entries(setup).filter(
        ([name]) => LOCKED_BY[name] === undefined || name === "generationConfig" || hasRoom(LOCKED_BY[name]),
      );
      const forced = geminiSetup(model, locked).setup;
      return ok({
        ...Object.fromEntries(kept),
        ...(locked.instructions !== undefined && { systemInstruction: forced.systemInstruction }),
        ...(locked.tools !== undefined && { tools: forced.tools ?? [] }),
        generationConfig: configOf(fieldsOf(setup.generationConfig)),
      });
    },
    check(message) {
      const names = Object.keys(message);
      const unknown = names.find((name) => !MESSAGES.has(name));
      if (unknown !== undefined || names.length === 0)
        return denied(unknown?.slice(0, 100) ?? null, "This credential's sessions take no such message.");
      const { contextUpdate } = message;
      if (!isFields(contextUpdate)) return ok(message);
      if (contextUpdate.systemInstruction !== undefined && !hasRoom("instructions"))
        return denied("contextUpdate.systemInstruction", "This credential's instructions are settled.");
      const tools = fieldsOf(contextUpdate.tools).tools ?? contextUpdate.tools;
      if (tools !== undefined && (!hasRoom("tools") || !mayUseTools(tools)))
        return denied("contextUpdate.tools", "This credential's tools are settled.");
      return ok(message);
    },
  };

  function configOf(asked: Fields): Fields {
    const forced = fieldsOf(geminiSetup(model, locked).setup.generationConfig);
    // Google takes either spelling: what is settled here must not come in by the other.
    const named = Object.entries(asked).map(([name, value]) => [toCamel(name), value] as const);
    const { speechConfig, maxOutputTokens: wanted, ...rest }: Fields = Object.fromEntries(named);
    const voice = forced.speechConfig ?? (hasRoom("audio") || allow === undefined ? speechConfig : undefined);
    const caps = [wanted, forced.maxOutputTokens, maxOutputTokens].filter((cap) => typeof cap === "number");
    return {
      ...(allow === undefined ? rest : { responseModalities: asked.responseModalities }),
      ...(locked.output_modalities !== undefined && { responseModalities: forced.responseModalities }),
      ...(voice !== undefined && { speechConfig: voice }),
      ...(caps.length > 0 && { maxOutputTokens: Math.min(...caps) }),
    };
  }
}

/** Every other tool runs at Google, at a cost of its own. Either spelling: Google's API takes both. */
function functionsAlone(tools: unknown): boolean {
  if (tools === undefined || tools === null) return true;
  if (!Array.isArray(tools)) return false;
  return tools.every((tool) => Object.keys(fieldsOf(tool)).every((name) => /^function_?declarations$/i.test(name)));
}

function denied(param: string | null, detail: string): { readonly ok: false; readonly failure: Failure } {
  return fail({ kind: "insufficient_scope", param, detail });
}
