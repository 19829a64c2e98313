import type { StreamEvent } from "../wire/chat-answer.ts";
import { createCallReader } from "../wire/openai/decode-calls.ts";
import { asNumber, asObject, asObjects, asText, isObject, type Json, parse } from "../wire/read.ts";
import type { Inspector } from "./complete-answer.ts";

/** Chat and text completions: chunks with deltas, or a whole answer with messages. */
export function inspectChoices(): Inspector {
  const choices = new Map<number, Choice>();
  return {
    see(body) {
      for (const [at, choice] of asObjects(body.choices).entries()) {
        const index = asNumber(choice.index) ?? at;
        const known = choices.get(index) ?? { reason: undefined, calls: createCalls() };
        choices.set(index, known);
        // Some providers tell of a failure in the choice itself.
        known.reason = choice.error ? "error" : (asText(choice.finish_reason) ?? known.reason);
        known.calls.add(callsIn(choice));
      }
    },
    isWhole: () => choices.size > 0 && [...choices.values()].every(isFinished),
  };
}

interface Choice {
  reason: string | undefined;
  readonly calls: ReturnType<typeof createCalls>;
}

function isFinished({ reason, calls }: Choice): boolean {
  return Boolean(reason) && reason !== "error" && calls.areWhole();
}

/** The pieces of tool calls in a choice; in a whole message each is counted by its place. */
function callsIn({ delta, message }: Json): readonly Json[] {
  const said = asObject(delta) ?? asObject(message) ?? {};
  if (isObject(said.function_call)) return [{ index: 0, function: said.function_call }];
  const calls = asObjects(said.tool_calls);
  return isObject(delta) ? calls : calls.map((call, index) => ({ ...call, index }));
}

/** Puts the arguments of calls together, whatever a provider does with their indices. */
function createCalls() {
  const texts = new Map<number, string>();
  const reader = createCallReader(0, () => "");
  const emit = (event: StreamEvent): void => {
    if (event.type === "tool_arguments") texts.set(event.call, (texts.get(event.call) ?? "") + event.text);
  };
  return {
    add: (pieces: readonly Json[]): void => reader.read(pieces, emit),
    areWhole: () => [...texts.values()].every(isArguments),
  };
}

/** Arguments of a call without any may be nothing at all. */
function isArguments(text: unknown): boolean {
  return typeof text !== "string" || text.trim() === "" || parse(text) !== undefined;
}

/** A response is told whole by its last event, and its items one by one before. */
export function inspectResponses(): Inspector {
  let status: unknown;
  let areCallsWhole = true;
  const seeItem = ({ type, arguments: text }: Json): void => {
    if (type === "function_call" && !isArguments(text)) areCallsWhole = false;
  };
  return {
    see(body) {
      const response = asObject(body.response) ?? body;
      if (body.type === "response.output_item.done") seeItem(asObject(body.item) ?? {});
      if (!Array.isArray(response.output)) return;
      status = response.error ? "failed" : response.status;
      for (const item of asObjects(response.output)) seeItem(item);
    },
    isWhole: () => (status === "completed" || status === "incomplete") && areCallsWhole,
  };
}
