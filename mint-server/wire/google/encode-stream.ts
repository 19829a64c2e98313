import { encodeError, errorEvent } from "../../contract/error-shapes.ts";
import type { FinishReason, StreamEvent, Usage } from "../chat-answer.ts";
import type { ChatRequest, Citation, ReasoningPart, ToolCallPart } from "../chat-request.ts";
import type { Stamp, StreamEncoder } from "../wire-format.ts";
import { encodeCall, encodeEnding, encodeLogprobs, encodeThought, encodeUsage } from "./encode-parts.ts";
import type { GeminiCandidate, GeminiPart } from "./wire-types.ts";

/** Writes events as Gemini does, or one JSON array, which it gives without `?alt=sse`. */
export function createStreamEncoder(request: ChatRequest, stamp: Stamp): StreamEncoder {
  const write = createWriter(request, stamp);
  const isArray = request.isArray === true;
  let isFirst = true;
  const frame = (body: object): string => {
    if (!isArray) return `data: ${JSON.stringify(body)}\r\n\r\n`;
    const text = `${isFirst ? "[" : ",\r\n"}${JSON.stringify(body)}`;
    isFirst = false;
    return text;
  };
  return {
    encode(event) {
      if (event.type === "error") {
        return isArray ? `${frame(encodeError(502, event.details, "google"))}]` : errorEvent(event.details, "google");
      }
      return write(event).map(frame).join("") + (isArray && event.type === "end" ? "]" : "");
    },
  };
}

/** Google's SDK forgets a turn of which a chunk has no parts. */
const NO_WORDS: readonly GeminiPart[] = [{ text: "" }];

interface Candidate {
  /** What Gemini gives whole: calls under way, by their count, and the thoughts that none has carried yet. */
  readonly calls: Map<number, ToolCallPart>;
  thoughts: ReasoningPart[];
  thought: string;
  text: string;
  readonly citations: Citation[];
  reason?: FinishReason;
}

type ChoiceEvent = Extract<StreamEvent, { choice: number }>;

/** From events to chunks. The last of them holds what ends each candidate, and the usage, so that readers of either find it. */
function createWriter(request: ChatRequest, stamp: Stamp): (event: StreamEvent) => object[] {
  const candidates = new Map<number, Candidate>();
  const isShown = request.reasoning?.show === true;
  let id: string | undefined;
  let model = request.model;
  let usage: Usage | undefined;
  const chunk = (written: readonly GeminiCandidate[], counted?: Usage): object => {
    id ??= stamp.newId("");
    return { candidates: written, ...encodeUsage(counted), modelVersion: model, responseId: id };
  };
  return (event) => {
    switch (event.type) {
      case "start":
        id = event.id;
        model = event.model ?? model;
        usage = event.usage;
        return [];
      case "usage":
        usage = event.usage;
        return [];
      case "end":
        return [chunk([...candidates.entries()].map(encodeLast), usage)];
      case "error":
        return [];
      default: {
        const written = encodeStep(event, candidateOf(candidates, event.choice), isShown);
        return written ? [chunk([{ ...written, index: event.choice }])] : [];
      }
    }
  };
}

function candidateOf(candidates: Map<number, Candidate>, choice: number): Candidate {
  const found = candidates.get(choice);
  if (found) return found;
  const made: Candidate = { calls: new Map(), thoughts: [], thought: "", text: "", citations: [] };
  candidates.set(choice, made);
  return made;
}

function encodeStep(event: ChoiceEvent, candidate: Candidate, isShown: boolean): GeminiCandidate | undefined {
  switch (event.type) {
    case "text":
    case "refusal":
      candidate.text += event.text;
      return withParts([{ text: event.text }]);
    case "reasoning":
      candidate.thought += event.text;
      return isShown ? withParts([{ text: event.text, thought: true }]) : undefined;
    case "reasoning_end": {
      const { signature } = event;
      candidate.thoughts.push({ kind: "reasoning", text: candidate.thought, ...(signature && { signature }) });
      candidate.thought = "";
      return signature && withParts(encodeThought({ kind: "reasoning", text: "", signature }, isShown));
    }
    case "tool_start": {
      const { id, name, signature } = event;
      candidate.calls.set(event.call, {
        kind: "tool_call",
        id,
        name,
        arguments: "",
        ...(signature && { signature }),
      });
      return undefined;
    }
    case "tool_arguments": {
      const call = candidate.calls.get(event.call);
      if (call) candidate.calls.set(event.call, { ...call, arguments: call.arguments + event.text });
      return undefined;
    }
    case "tool_end":
      return withParts(takeCalls(candidate, event.call));
    case "citation":
      candidate.citations.push(event.citation);
      return undefined;
    case "logprobs":
      return { ...withParts(NO_WORDS), logprobsResult: encodeLogprobs(event.logprobs) };
    case "finish":
      candidate.reason = event.finish.reason;
      return withParts([...candidate.calls.keys()].flatMap((call) => takeCalls(candidate, call)));
  }
}

function withParts(parts: readonly GeminiPart[]): GeminiCandidate | undefined {
  return parts.length > 0 ? { content: { role: "model", parts: [...parts] } } : undefined;
}

function takeCalls(candidate: Candidate, index: number): GeminiPart[] {
  const call = candidate.calls.get(index);
  if (!call) return [];
  candidate.calls.delete(index);
  const { thoughts } = candidate;
  candidate.thoughts = [];
  return [encodeCall(call, thoughts)];
}

function encodeLast([index, { reason = "stop", text, citations }]: [number, Candidate]): GeminiCandidate {
  return {
    ...withParts(NO_WORDS),
    ...encodeEnding({ reason, text, citations }),
    index,
  };
}
