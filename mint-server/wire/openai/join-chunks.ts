import { createJoiner, type Joiner, type Rules } from "../join-members.ts";
import { asNumber, asObject, asObjects, asText, type Json } from "../read.ts";
import { readBodies } from "../read-events.ts";

const LOGPROBS: Rules = {
  content: "add",
  refusal: "add",
  tokens: "add",
  token_logprobs: "add",
  top_logprobs: "add",
  text_offset: "add",
};
/** One provider repeats all that was said so far as a message. */
const CHOICE: Rules = { delta: "skip", message: "skip", text: "add", logprobs: LOGPROBS };
const DELTA: Rules = {
  content: "add",
  refusal: "add",
  reasoning_content: "add",
  reasoning: "add",
  annotations: "add",
  function_call: { arguments: "add" },
  tool_calls: "skip",
};
const CALL: Rules = { index: "skip", function: { arguments: "add" }, custom: { input: "add" } };
/** `obfuscation` and `p` are padding, against those who look at sizes. */
const CHUNK: Rules = {
  choices: "skip",
  object: "skip",
  created: "skip",
  obfuscation: "skip",
  p: "skip",
  usage: "latest",
};

/**
 * The whole completion that a stream of chunks tells, of the kind that `object` names; `undefined` where it tells less, such as
 * no usage, or what cannot be put together.
 */
export function joinChunks(stream: string, object: "chat.completion" | "text_completion"): Json | undefined {
  const read = readBodies(stream);
  if (!read?.isDone) return undefined;
  const joiner = createJoiner();
  const choices = new Map<number, Choice>();
  let head: Json = {};
  // The time of some providers is each chunk's own; that of a chunk before the first may be 0.
  const created = read.bodies.find((chunk) => chunk.created)?.created;
  for (const chunk of read.bodies) {
    head = joiner.join(head, chunk, CHUNK);
    for (const choice of asObjects(chunk.choices)) addChoice(choice, choices, joiner);
  }
  const whole = [...choices.entries()]
    .sort(([a], [b]) => a - b)
    .map(([index, choice]) => (object === "chat.completion" ? chatChoice(index, choice) : textChoice(index, choice)));
  const isWhole = whole.length > 0 && whole.every(({ finish_reason }) => asText(finish_reason));
  if (joiner.isLossy || !isWhole || !asObject(head.usage)) return undefined;
  return { ...head, ...(created !== undefined && { created }), object, choices: whole };
}

interface Choice {
  /** All but what was said. */
  rest: Json;
  said: Json;
  readonly calls: Map<number, Json>;
}

function addChoice(piece: Json, choices: Map<number, Choice>, joiner: Joiner): void {
  const index = asNumber(piece.index) ?? 0;
  const choice = choices.get(index) ?? { rest: {}, said: {}, calls: new Map() };
  choices.set(index, choice);
  const delta = asObject(piece.delta) ?? {};
  choice.rest = joiner.join(choice.rest, piece, CHOICE);
  choice.said = joiner.join(choice.said, delta, DELTA);
  for (const call of asObjects(delta.tool_calls)) {
    // Without an index nobody can tell what belongs to which.
    const at = asNumber(call.index) ?? Number.NaN;
    choice.calls.set(at, joiner.join(choice.calls.get(at) ?? {}, call, CALL));
  }
}

function chatChoice(index: number, { rest, said, calls }: Choice): Json {
  const tool_calls = [...calls.entries()].sort(([a], [b]) => a - b).map(([, call]) => call);
  const holdsMore = tool_calls.length > 0 || Boolean(said.refusal) || Boolean(said.function_call);
  const message = {
    ...Object.fromEntries(Object.entries(said).filter(([, member]) => member !== "" && member !== null)),
    role: said.role ?? "assistant",
    content: said.content || (holdsMore ? null : ""),
    refusal: said.refusal || null,
    ...(tool_calls.length > 0 && { tool_calls }),
  };
  return { logprobs: null, ...rest, index, message };
}

function textChoice(index: number, { rest }: Choice): Json {
  return { logprobs: null, ...rest, index, text: rest.text ?? "" };
}
