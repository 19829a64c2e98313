import { createEventParser } from "../contract/event-parser.ts";
import { isObject, type Json, parse } from "./read.ts";

/** The mark at the end of OpenAI's streams. */
const DONE = "[DONE]";

/**
 * The bodies of a whole event stream's events, up to its end or `[DONE]`, of which `isDone` tells; `undefined` if one is no
 * object, or an error.
 */
export function readBodies(stream: string): { readonly bodies: readonly Json[]; readonly isDone: boolean } | undefined {
  const bodies: Json[] = [];
  let isDone = false;
  let isSound = true;
  const parser = createEventParser({
    onEvent({ event, data }) {
      isDone ||= data.trim() === DONE;
      if (isDone) return;
      const body = parse(data);
      if (event === "error" || !isObject(body) || body.error || body.type === "error") isSound = false;
      else bodies.push(body);
    },
  });
  parser.feed(stream);
  return isSound ? { bodies, isDone } : undefined;
}
