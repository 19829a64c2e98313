import type { StreamEvent } from "../chat-answer.ts";
import type { ChatRequest, Signature } from "../chat-request.ts";
import { asNumber, asObject, asObjects, asText, type Json, parse } from "../read.ts";
import type { StreamDecoder } from "../wire-format.ts";
import { decodeCitations } from "./decode-citations.ts";
import { decodeFinish, decodeLogprobs, decodeUsage } from "./decode-usage.ts";
import { errorIn } from "./error.ts";

type Emit = (event: StreamEvent) => void;

interface Candidate {
  readonly choice: number;
  calls: number;
  isThinking: boolean;
  isFinished: boolean;
  /** For citations, whose offsets have to be counted anew. */
  text: string;
  readonly starts: number[];
  /** Citations that were told; later events repeat them. */
  readonly told: Set<string>;
}

interface State {
  readonly candidates: Map<number, Candidate>;
  /** Part of the ids of calls that came without any. */
  seed: string;
  isStarted: boolean;
  isOver: boolean;
}

/** Gemini sends no terminal marker: the stream is over with the event in which the last candidate finishes. */
export function createStreamDecoder({ choices }: Pick<ChatRequest, "choices">): StreamDecoder {
  const decode = createBodyDecoder(choices ?? 1);
  return { decode: ({ data }, emit) => decode(parse(data), emit) };
}

/** Decodes one body after the other; `undefined` is one that was no JSON. */
export function createBodyDecoder(choices: number): (body: unknown, emit: Emit) => void {
  const state: State = { candidates: new Map(), seed: "", isStarted: false, isOver: false };
  return (body, emit) => {
    if (state.isOver) return;
    const details = body === undefined ? MALFORMED : errorIn(body);
    if (!details) return decodeBody(asObject(body) ?? {}, { state, choices, emit });
    state.isOver = true;
    emit({ type: "error", details });
  };
}

const MALFORMED = {
  message: "The provider's event stream was not one that its API defines.",
  type: "upstream_error",
  code: "upstream_malformed",
};

interface Decoding {
  readonly state: State;
  readonly choices: number;
  readonly emit: Emit;
}

function decodeBody(body: Json, { state, choices, emit }: Decoding): void {
  const usage = decodeUsage(body.usageMetadata);
  start(body, state, emit);
  const candidates = asObjects(body.candidates);
  candidates.forEach((candidate, position) => {
    decodeCandidate(candidate, candidateOf(state, asNumber(candidate.index) ?? position), state, emit);
  });
  if (candidates.length === 0 && asObject(body.promptFeedback)?.blockReason) {
    for (let choice = 0; choice < choices; choice++) finish(candidateOf(state, choice), "SAFETY", emit);
  }
  if (usage) emit({ type: "usage", usage });
  const finished = [...state.candidates.values()].filter(({ isFinished }) => isFinished).length;
  if (finished < choices) return;
  state.isOver = true;
  emit({ type: "end" });
}

function start(body: Json, state: State, emit: Emit): void {
  if (state.isStarted) return;
  state.isStarted = true;
  const id = asText(body.responseId);
  const model = asText(body.modelVersion);
  const usage = decodeUsage(body.usageMetadata);
  state.seed = (id ?? crypto.randomUUID()).replace(/[^\w-]/g, "").slice(0, 24);
  emit({ type: "start", ...(id && { id }), ...(model && { model }), ...(usage && { usage }) });
}

function candidateOf({ candidates }: State, choice: number): Candidate {
  const found = candidates.get(choice);
  if (found) return found;
  const made: Candidate = {
    choice,
    calls: 0,
    isThinking: false,
    isFinished: false,
    text: "",
    starts: [],
    told: new Set(),
  };
  candidates.set(choice, made);
  return made;
}

function decodeCandidate(candidate: Json, known: Candidate, { seed }: State, emit: Emit): void {
  const { choice, told } = known;
  for (const part of asObjects(asObject(candidate.content)?.parts)) decodePart(part, known, { seed, emit });
  for (const citation of decodeCitations(candidate, known)) {
    const key = JSON.stringify(citation);
    if (!told.has(key)) emit({ type: "citation", choice, citation });
    told.add(key);
  }
  const logprobs = decodeLogprobs(candidate.logprobsResult);
  if (logprobs.length > 0) emit({ type: "logprobs", choice, logprobs });
  const reason = asText(candidate.finishReason);
  if (reason !== undefined) finish(known, reason, emit);
}

function finish(candidate: Candidate, reason: string, emit: Emit): void {
  if (candidate.isFinished) return;
  endThought(candidate, emit);
  candidate.isFinished = true;
  const { choice, calls } = candidate;
  emit({ type: "finish", choice, finish: { reason: decodeFinish(reason, calls > 0) } });
}

interface PartDecoding {
  readonly seed: string;
  readonly emit: Emit;
}

/** What the model wrote. Signed text is followed by a thought of no words that holds the signature. */
function decodePart(part: Json, candidate: Candidate, { seed, emit }: PartDecoding): void {
  const { choice } = candidate;
  const value = asText(part.thoughtSignature);
  const signature: Signature | undefined = value ? { by: "google", value } : undefined;
  const text = asText(part.text) ?? "";
  if (part.thought === true) {
    if (text !== "") emit({ type: "reasoning", choice, text });
    candidate.isThinking ||= text !== "";
    if (signature) endThought(candidate, emit, signature);
    return;
  }
  const call = asObject(part.functionCall);
  const written = text || imageIn(part);
  if (call || written !== "") endThought(candidate, emit);
  candidate.starts.push(candidate.text.length);
  candidate.text += written;
  if (written !== "") emit({ type: "text", choice, text: written });
  if (call) decodeCall(call, candidate, { seed, emit, signature });
  else if (signature) endThought(candidate, emit, signature);
}

function endThought(candidate: Candidate, emit: Emit, signature?: Signature): void {
  if (!candidate.isThinking && !signature) return;
  candidate.isThinking = false;
  emit({ type: "reasoning_end", choice: candidate.choice, ...(signature && { signature }) });
}

/** An image that the model made, as Markdown: the one form in which every schema can hold it. */
function imageIn(part: Json): string {
  const { mimeType, data } = asObject(part.inlineData) ?? {};
  return asText(mimeType)?.startsWith("image/") && asText(data) ? `![image](data:${mimeType};base64,${data})` : "";
}

interface CallDecoding extends PartDecoding {
  readonly signature: Signature | undefined;
}

function decodeCall(call: Json, candidate: Candidate, { seed, emit, signature }: CallDecoding): void {
  const name = asText(call.name);
  if (!name) return;
  const { choice } = candidate;
  const index = candidate.calls++;
  const id = asText(call.id) || `call_${seed}_${choice}_${index}`;
  emit({ type: "tool_start", choice, call: index, id, name, ...(signature && { signature }) });
  emit({ type: "tool_arguments", choice, call: index, text: JSON.stringify(asObject(call.args) ?? {}) });
  emit({ type: "tool_end", choice, call: index });
}
