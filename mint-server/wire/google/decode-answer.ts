import type { ChatAnswer, ChatChoice, FinishReason, StreamEvent, TokenLogprob, Usage } from "../chat-answer.ts";
import type { Citation, Part, Signature } from "../chat-request.ts";
import { asObject, asObjects } from "../read.ts";
import { createBodyDecoder } from "./decode-stream.ts";
import { decodeTier } from "./decode-usage.ts";

/** A whole answer, which is no other than a stream of one event. */
export function decodeAnswer(body: unknown): ChatAnswer | undefined {
  const answer = asObject(body);
  const blocked = asObject(answer?.promptFeedback)?.blockReason !== undefined;
  if (!answer || answer.error !== undefined) return undefined;
  const candidates = asObjects(answer.candidates);
  if (candidates.length === 0 && !blocked) return undefined;
  const gathered: Gathered = { drafts: new Map() };
  createBodyDecoder(Math.max(1, candidates.length))(answer, (event) => gather(event, gathered));
  const { id, model, usage, drafts } = gathered;
  if (drafts.size === 0) return undefined;
  const serviceTier = decodeTier(answer.usageMetadata);
  return {
    ...(id && { id }),
    ...(model && { model }),
    choices: [...drafts.entries()].sort(([a], [b]) => a - b).map(([index, draft]) => choiceOf(index, draft)),
    ...(usage && { usage }),
    ...(serviceTier && { serviceTier }),
  };
}

interface Gathered {
  id?: string | undefined;
  model?: string | undefined;
  usage?: Usage;
  readonly drafts: Map<number, Draft>;
}

interface Draft {
  readonly parts: DraftPart[];
  reason: FinishReason;
  logprobs?: readonly TokenLogprob[];
}

type DraftPart =
  | { readonly kind: "text"; text: string; readonly citations: Citation[] }
  | { readonly kind: "reasoning"; text: string; signature?: Signature; isWhole?: boolean }
  | {
      readonly kind: "tool_call";
      readonly id: string;
      readonly name: string;
      arguments: string;
      signature?: Signature;
    };

function gather(event: StreamEvent, gathered: Gathered): void {
  if (event.type === "start") {
    gathered.id = event.id;
    gathered.model = event.model;
  } else if (event.type === "usage") gathered.usage = event.usage;
  if (!("choice" in event)) return;
  const draft = gathered.drafts.get(event.choice) ?? { parts: [], reason: "stop" };
  gathered.drafts.set(event.choice, draft);
  add(event, draft);
}

function add(event: Extract<StreamEvent, { choice: number }>, draft: Draft): void {
  const { parts } = draft;
  const last = parts.at(-1);
  switch (event.type) {
    case "text":
      if (last?.kind === "text") last.text += event.text;
      else parts.push({ kind: "text", text: event.text, citations: [] });
      break;
    case "citation":
      for (const part of parts.slice().reverse()) {
        if (part.kind !== "text") continue;
        part.citations.push(event.citation);
        break;
      }
      break;
    case "reasoning":
      if (last?.kind === "reasoning" && !last.isWhole) last.text += event.text;
      else parts.push({ kind: "reasoning", text: event.text });
      break;
    case "reasoning_end": {
      const signature = event.signature && { signature: event.signature };
      if (last?.kind === "reasoning" && !last.isWhole) Object.assign(last, signature, { isWhole: true });
      else parts.push({ kind: "reasoning", text: "", ...signature, isWhole: true });
      break;
    }
    case "tool_start": {
      const { id, name, signature } = event;
      parts.push({ kind: "tool_call", id, name, arguments: "", ...(signature && { signature }) });
      break;
    }
    case "tool_arguments":
      if (last?.kind === "tool_call") last.arguments += event.text;
      break;
    case "logprobs":
      draft.logprobs = event.logprobs;
      break;
    case "finish":
      draft.reason = event.finish.reason;
  }
}

function choiceOf(index: number, { parts, reason, logprobs }: Draft): ChatChoice {
  return { index, parts: parts.map(partOf), finish: { reason }, ...(logprobs && { logprobs }) };
}

function partOf(part: DraftPart): Part {
  if (part.kind === "text") {
    const { citations, ...rest } = part;
    return citations.length > 0 ? part : rest;
  }
  if (part.kind !== "reasoning") return part;
  const { isWhole: _, ...rest } = part;
  return rest;
}
