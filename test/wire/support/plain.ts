import { unpackCallId, unpackSignature } from "../../../mint-server/wire/carry.ts";
import type { ChatAnswer } from "../../../mint-server/wire/chat-answer.ts";
import {
  type ChatRequest,
  effortOf,
  type Message,
  type Part,
  type ReasoningPart,
  type Signature,
  type Tool,
  type ToolCallPart,
  textOf,
} from "../../../mint-server/wire/chat-request.ts";
import { unpackThought } from "../../../mint-server/wire/google/signature.ts";
import type { SpokenWire } from "./formats.ts";

/** What some format cannot say. */
export type Unsaid =
  | ("systemPlace" | "developer" | "participant" | "failed" | "resultMedia" | "detail" | "fileName")
  | ("outputName" | "outputStrict" | "jsonMode" | "toolStrict" | "single" | "allowed" | "stop")
  | "user";

/**
 * What a request loses in each format, and why. Everything else must come through; what is lost on the way in cannot be
 * missed on the way out.
 */
export const UNSAID: Readonly<Record<SpokenWire, Readonly<Partial<Record<Unsaid, string>>>>> = {
  openai: {
    failed: "results have no field for it: their text begins with `Error: `",
    resultMedia: "results are text: images and files follow in a message of the user's",
  },
  responses: {
    failed: "results have no field for it: their text begins with `Error: `",
    participant: "messages have no name",
    stop: "the API has no stop sequences",
  },
  anthropic: {
    developer: "there is one kind of system prompt",
    systemPlace: "older models take it at the beginning only: later ones stay in place, marked as the system's",
    participant: "messages have no name",
    detail: "images have no level of detail",
    outputName: "a schema has no name and no description",
    outputStrict: "a schema always binds",
    jsonMode: "JSON of any shape is asked for in words",
    toolStrict: "a strict tool's schema is closed, as it was here",
    allowed: "the others are not offered",
  },
  google: {
    developer: "there is one system instruction",
    systemPlace: "the system instruction stands at the beginning: later ones stay in place, marked as the system's",
    participant: "turns have no name",
    detail: "older models have one resolution for all images",
    fileName: "bytes have no name",
    outputName: "a schema has no name and no description",
    outputStrict: "a schema always binds",
    toolStrict: "it is a mode of all tools",
    single: "there is no such field: a request that asks for it is refused",
    user: "there is no such field",
    allowed: "one that must be called is called by its name",
  },
  bedrock: {},
};

/** A request's meaning as plain JSON, without what the formats it went through cannot say. */
export function plainRequest(request: ChatRequest, ...through: readonly SpokenWire[]): object {
  const unsaid = new Set(through.flatMap((format) => Object.keys(UNSAID[format]) as Unsaid[]));
  const { tools, toolChoice } = plainTools(request, unsaid);
  const by = through.map((format) => (format === "openai" ? "chat" : format));
  return JSON.parse(
    JSON.stringify({
      model: request.model,
      stream: request.stream,
      said: plainMessages(request.messages, unsaid)
        .filter((part) => part.kind !== "reasoning" || by.every((name) => name === part.signature?.by))
        .map(({ at: _, ...part }: Said & { at?: string }) => part),
      tools,
      toolChoice,
      single: request.parallelToolCalls === false && !unsaid.has("single"),
      output: plainOutput(request, unsaid),
      effort: request.reasoning && effortOf(request.reasoning),
      maxTokens: request.maxTokens,
      temperature: request.temperature,
      topP: request.topP,
      stop: unsaid.has("stop") ? undefined : request.stop,
      user: unsaid.has("user") ? undefined : request.user,
    }),
  );
}

type Said = Part & { readonly role: string; readonly name?: string };

/** Who said what, in order; how it is cut into messages does not matter. */
function plainMessages(messages: readonly Message[], unsaid: ReadonlySet<Unsaid>): readonly Said[] {
  const first = messages.findIndex(({ role }) => role === "user" || role === "assistant");
  const said = messages.flatMap(({ role: given, parts, name }, index): Said[] => {
    const isSystem = given === "system" || given === "developer";
    const who = name !== undefined && !unsaid.has("participant") ? { participant: name } : {};
    if (isSystem && unsaid.has("systemPlace") && first >= 0 && index > first) {
      return [{ role: "user", kind: "text", text: `<system>\n${textOf(parts, "\n")}\n</system>` }];
    }
    const role = given === "developer" && unsaid.has("developer") ? "system" : given;
    return parts.flatMap((part) => plainPart(part, unsaid)).map((part) => ({ ...part, role, ...who }));
  });
  return unsaid.has("resultMedia") ? said.reduce(resultsFirst, []) : said;
}

/** Results come before the files that were taken out of them. */
function resultsFirst(before: readonly Said[], part: Said): readonly Said[] {
  if (part.kind !== "tool_result") return [...before, part];
  const turn = before.findLastIndex(({ role, kind }) => role !== "user" || kind === "tool_result") + 1;
  return [...before.slice(0, turn), part, ...before.slice(turn)];
}

function plainPart(part: Part, unsaid: ReadonlySet<Unsaid>): readonly Part[] {
  switch (part.kind) {
    case "text": {
      const { kind, text, cache } = part;
      const isOurs = /^\[Files that .* returned:\]$/.test(text) || text.startsWith("Answer with a single JSON object");
      return text === "" || isOurs ? [] : [{ kind, text, ...(cache && { cache }) }];
    }
    case "image": {
      const { detail, ...rest } = part;
      return [{ ...rest, ...(detail && !unsaid.has("detail") && { detail }) }];
    }
    case "file": {
      const { name, ...rest } = part;
      return [{ ...rest, ...(name && !unsaid.has("fileName") && { name }) }];
    }
    case "tool_call":
      return [plainCall(part)];
    case "tool_result":
      return plainResult(part, unsaid);
    default:
      return [part];
  }
}

/** Google's word for "not mine" signs nothing. */
function plainCall({ signature, ...call }: ToolCallPart): Part {
  const own = signature?.value === "skip_thought_signature_validator" ? {} : { ...(signature && { signature }) };
  return { ...call, arguments: JSON.stringify(JSON.parse(call.arguments || "{}")), ...own };
}

function plainResult(part: Extract<Part, { kind: "tool_result" }>, unsaid: ReadonlySet<Unsaid>): readonly Part[] {
  const parts = part.parts.flatMap((inner) => plainPart(inner, unsaid)).map((inner) => ({ ...inner, at: "" }) as Part);
  const texts = parts.filter(({ kind }) => kind === "text");
  const media = parts.filter(({ kind }) => kind !== "text");
  const failed = part.isError && unsaid.has("failed") ? "Error: " : "";
  const text = failed + textOf(texts).replace(/\s*\[Its files are in the next message of the user\.\]$/, "");
  const { callId } = part;
  const isError = part.isError === true && !unsaid.has("failed");
  const own = unsaid.has("resultMedia") ? [] : media;
  const result: Part = { kind: "tool_result", callId, parts: [{ kind: "text", text }, ...own], isError, at: "" };
  return unsaid.has("resultMedia") ? [result, ...media] : [result];
}

function plainTools({ tools, toolChoice }: ChatRequest, unsaid: ReadonlySet<Unsaid>) {
  const one = toolChoice?.kind === "function" ? { names: [toolChoice.name], required: true } : undefined;
  const allowed = unsaid.has("allowed") ? (toolChoice?.kind === "allowed" ? toolChoice : one) : undefined;
  const offered = tools.filter((tool) => tool.kind === "hosted" || (allowed?.names.includes(tool.name) ?? true));
  const choice = allowed ? { kind: allowed.required ? "required" : "auto" } : toolChoice;
  return {
    tools: offered.map((tool) => plainTool(tool, unsaid)),
    toolChoice: choice?.kind === "auto" ? undefined : choice,
  };
}

function plainTool(tool: Tool, unsaid: ReadonlySet<Unsaid>): object {
  if (tool.kind === "hosted") return tool;
  const { strict, ...rest } = tool;
  return { ...rest, strict: strict === true && !unsaid.has("toolStrict") };
}

function plainOutput({ output }: ChatRequest, unsaid: ReadonlySet<Unsaid>): object | undefined {
  if (output?.kind === "json") return unsaid.has("jsonMode") ? undefined : output;
  if (!output) return undefined;
  const { name, description, strict, ...rest } = output;
  return {
    ...rest,
    ...(!unsaid.has("outputName") && { name, description }),
    ...(!unsaid.has("outputStrict") && { strict: strict === true }),
  };
}

/** What an answer says, whatever fields it stands in. */
export interface PlainAnswer {
  readonly texts: readonly string[];
  readonly refusals: readonly string[];
  readonly thoughts: readonly string[];
  readonly calls: readonly object[];
  readonly finishes: readonly string[];
  readonly usage: object | undefined;
  /** Signatures, wherever they are carried. */
  readonly signed: readonly string[];
}

/** `by`: the format that the answer was read in, whose fields may carry what is another's. */
export function plainAnswer({ choices, usage }: ChatAnswer, by: SpokenWire): PlainAnswer {
  const all = choices.flatMap(({ parts }) => parts);
  const own = (signature: Signature | undefined): Signature[] => {
    if (!signature || signature.by === "chat") return [];
    return [by === "google" ? unpackThought(signature.value) : unpackSignature(signature.value, by)];
  };
  const carried = all.flatMap((part) => {
    if (part.kind === "reasoning") return own(part.signature);
    if (part.kind !== "tool_call") return [];
    const { signature, reasoning } = unpackCallId(part.id);
    return [
      ...reasoning.flatMap((thought: ReasoningPart) => thought.signature ?? []),
      ...own(signature ?? part.signature),
    ];
  });
  return {
    texts: choices.map(({ parts }) => textOf(parts.filter(({ kind }) => kind === "text"))),
    refusals: choices.map(({ parts }) => textOf(parts.filter(({ kind }) => kind === "refusal"))),
    thoughts: all.flatMap((part) => (part.kind === "reasoning" && part.text !== "" ? [part.text] : [])),
    calls: choices.flatMap(({ index, parts }) =>
      parts.flatMap((part) =>
        part.kind === "tool_call"
          ? [{ index, id: unpackCallId(part.id).id, name: part.name, arguments: JSON.parse(part.arguments || "{}") }]
          : [],
      ),
    ),
    finishes: choices.map(({ finish }) => finish.reason),
    usage,
    signed: [...new Set(carried.map(({ value }) => value))],
  };
}
