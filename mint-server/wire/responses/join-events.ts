import { asNumber, asObject, type Json } from "../read.ts";
import { readBodies } from "../read-events.ts";

/** The response with which its event stream ends; `undefined` where it does not, or with a failure. */
export function joinEvents(stream: string): Json | undefined {
  const bodies = readBodies(stream)?.bodies ?? [];
  const last = bodies.find(({ type }) => type === "response.completed" || type === "response.incomplete");
  const response = asObject(last?.response);
  if (!response || response.error || !Array.isArray(response.output)) return undefined;
  if (response.output.length > 0) return response;
  const output = outputOf(bodies);
  return output && { ...response, output };
}

/** Some providers leave the items out in the end: they were told one by one before. */
function outputOf(bodies: readonly Json[]): readonly Json[] | undefined {
  const items = new Map<number, Json | undefined>();
  for (const { type, output_index, item } of bodies) {
    const at = asNumber(output_index) ?? Number.NaN;
    if (type === "response.output_item.added") items.set(at, undefined);
    if (type === "response.output_item.done") items.set(at, asObject(item));
  }
  const output = [...items.entries()].sort(([a], [b]) => a - b).flatMap(([, item]) => (item ? [item] : []));
  return output.length === items.size ? output : undefined;
}
