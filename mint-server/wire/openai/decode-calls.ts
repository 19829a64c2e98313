import type { StreamEvent } from "../chat-answer.ts";
import { asNumber, asObject, asText, isObject, type Json, parse } from "../read.ts";
import { argumentsOf } from "./decode-parts.ts";

type Emit = (event: StreamEvent) => void;

interface Call {
  readonly index: number | undefined;
  readonly id: string | undefined;
  name?: string;
  /** Counts from 0; absent until the call is told of. */
  call?: number;
  arguments: string;
}

interface Piece {
  readonly index: number | undefined;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly text: string;
}

export interface CallReader {
  read(deltas: readonly Json[], emit: Emit): void;
  /** Calls told of so far. */
  readonly count: number;
}

/**
 * Tells a choice's tool calls apart, whatever its provider does with their indices: leaves them out, gives all calls the
 * same one, or repeats ids and names with every piece.
 */
export function createCallReader(choice: number, makeId: (call: number) => string): CallReader {
  const calls: Call[] = [];
  let count = 0;
  const readPiece = (piece: Piece, emit: Emit): void => {
    const known = knownCall(calls, piece);
    const call: Call = known ?? { index: piece.index, id: piece.id, arguments: "" };
    if (!known) calls.push(call);
    call.arguments += piece.text;
    if (call.name === undefined) {
      if (piece.name === undefined) return;
      call.name = piece.name;
      call.call = count++;
      const id = call.id ?? piece.id ?? makeId(call.call);
      emit({ type: "tool_start", choice, call: call.call, id, name: call.name });
      // Whatever came before the name.
      if (call.arguments !== "") {
        emit({ type: "tool_arguments", choice, call: call.call, text: call.arguments });
      }
    } else if (piece.text !== "") {
      emit({ type: "tool_arguments", choice, call: call.call ?? 0, text: piece.text });
    }
  };
  return {
    read(deltas, emit) {
      for (const delta of deltas) readPiece(pieceOf(delta), emit);
    },
    get count() {
      return count;
    },
  };
}

function pieceOf(delta: Json): Piece {
  const called = asObject(delta.function);
  return {
    index: asNumber(delta.index),
    id: asText(delta.id) || undefined,
    name: asText(called?.name) || undefined,
    text: argumentsOf(called),
  };
}

/** The call that a piece goes on with; none if it begins one. */
function knownCall(calls: readonly Call[], piece: Piece): Call | undefined {
  const { index, id, name, text } = piece;
  const sameId = id === undefined ? undefined : calls.findLast((call) => call.id === id);
  const known =
    index === undefined
      ? (sameId ?? (id && name ? undefined : calls.at(-1)))
      : (calls.findLast((call) => call.index === index) ?? sameId);
  // A new id alone begins nothing: some servers make one up for every piece.
  if (!known || name === undefined || known.name === undefined) return known;
  if (name !== known.name) return undefined;
  if (id !== undefined) return known.id === undefined || known.id === id ? known : undefined;
  return text !== "" && isObject(parse(known.arguments)) ? undefined : known;
}
