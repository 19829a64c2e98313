import type { RecordedRequest } from "../support/stand-in/log.ts";
import { type Fields, isObject } from "../support/stand-in/orders.ts";
import { objectIn, objectsIn } from "../support/stand-in/turn.ts";

/** A tool call of a conversation, and the result that names it. */
export interface Answered {
  readonly name: unknown;
  readonly input: unknown;
  readonly result: string;
}

/** What a provider was asked, read from its own format. */
export interface Asked {
  readonly path: string;
  /** Calls with the results that their ids lead to, in the order of the calls. */
  readonly answered: readonly Answered[];
  /** How many signatures of thoughts and calls the provider got back. */
  readonly signatures: number;
  /** Ids of calls, as far as the format has them. */
  readonly callIds: readonly string[];
  /** The whole body, for what is the same in all formats. */
  readonly text: string;
}

interface Parts {
  readonly calls: readonly Fields[];
  readonly results: readonly Fields[];
}

/** A signature, or the name of a thought that OpenAI keeps with its own. */
const SIGNATURE = /"(?:signature|thoughtSignature|encrypted_content)":"|"item_reference","id":"rs_/g;

export function readAsked({ path, body, fields }: RecordedRequest): Asked {
  const { calls, results } = partsOf(fields);
  const answered = calls.map(({ id, name, input }, at): Answered => {
    // Gemini's older calls have no ids: there the order counts.
    const result = id === undefined ? results[at] : results.find((one) => one.id === id);
    return { name, input, result: textsIn(result?.result) };
  });
  const text = body.toString();
  const signatures = [...text.matchAll(SIGNATURE)].length;
  return {
    path,
    answered,
    signatures,
    callIds: calls.flatMap(({ id }) => (id === undefined ? [] : [String(id)])),
    text,
  };
}

/** Calls and results of any format, by the fields that no other has. */
function partsOf(fields: Fields): Parts {
  if (fields.contents !== undefined) return geminiParts(fields);
  if (fields.input !== undefined) return responsesParts(fields);
  const messages = objectsIn(fields.messages);
  const blocks = messages.flatMap(({ content }) => objectsIn(content));
  return {
    calls: [
      ...messages.flatMap(({ tool_calls }) =>
        objectsIn(tool_calls).map(({ id, function: called }) => {
          const { name, arguments: text } = objectIn(called);
          return { id, name, input: JSON.parse(String(text)) };
        }),
      ),
      ...blocks.filter(({ type }) => type === "tool_use"),
      ...blocks.flatMap(({ toolUse }) => (isObject(toolUse) ? [{ ...toolUse, id: toolUse.toolUseId }] : [])),
    ],
    results: [
      ...messages.filter(({ role }) => role === "tool").map((one) => ({ id: one.tool_call_id, result: one.content })),
      ...blocks
        .filter(({ type }) => type === "tool_result")
        .map(({ tool_use_id, content }) => ({ id: tool_use_id, result: content })),
      ...blocks.flatMap(({ toolResult }) =>
        isObject(toolResult) ? [{ id: toolResult.toolUseId, result: toolResult.content }] : [],
      ),
    ],
  };
}

function responsesParts({ input }: Fields): Parts {
  const items = objectsIn(input);
  return {
    calls: items
      .filter(({ type }) => type === "function_call")
      .map(({ call_id, name, arguments: text }) => ({ id: call_id, name, input: JSON.parse(String(text)) })),
    results: items
      .filter(({ type }) => type === "function_call_output")
      .map(({ call_id, output }) => ({ id: call_id, result: output })),
  };
}

function geminiParts({ contents }: Fields): Parts {
  const parts = objectsIn(contents).flatMap((content) => objectsIn(content.parts));
  return {
    calls: parts.flatMap(({ functionCall }) =>
      isObject(functionCall) ? [{ id: functionCall.id, name: functionCall.name, input: functionCall.args }] : [],
    ),
    results: parts.flatMap(({ functionResponse }) =>
      isObject(functionResponse) ? [{ id: functionResponse.id, result: functionResponse.response }] : [],
    ),
  };
}

/** All texts inside of a result, whatever they are wrapped in. */
function textsIn(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(textsIn).join("");
  if (!isObject(value)) return "";
  const { type: _, ...rest } = value;
  return Object.values(rest).map(textsIn).join("");
}
