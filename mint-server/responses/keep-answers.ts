import { utf8 } from "../contract/bytes.ts";
import type { Caller } from "../credentials/verify.ts";
import { asObject, asObjects, asText, parse } from "../wire/read.ts";
import { type KeptResponse, type KeptResponses, putSealed } from "./kept-responses.ts";
import { asItems } from "./names-earlier.ts";

/** Beyond that, a conversation is not kept; a row of a Durable Object's database has 2 MB. */
const MAX_KEPT_BYTES = 1024 * 1024;

/** Seals a response under its caller's keys and puts it on the shelf. Never throws: an answer is not lost for it. */
export async function keepResponse(
  responses: KeptResponses,
  caller: Caller,
  { id, input, output }: Pick<KeptResponse, "output"> & { readonly id: string; readonly input: unknown },
): Promise<void> {
  const body = bodyOf({ input: asItems(input), output });
  if (body) await putSealed(responses, caller, { what: ["id", id], body });
}

/** Remembers of names that a provider gave that they are this caller's to name. Never throws. */
export async function markNames(responses: KeptResponses, caller: Caller, ids: readonly string[]): Promise<void> {
  const body = new Uint8Array();
  await Promise.all(ids.map((id) => putSealed(responses, caller, { what: ["mark", id], body })));
}

function bodyOf({ input, output }: KeptResponse): Uint8Array<ArrayBuffer> | undefined {
  const whole = utf8(JSON.stringify({ input, output }));
  if (whole.length <= MAX_KEPT_BYTES) return whole;
  const said = utf8(JSON.stringify({ output }));
  return said.length <= MAX_KEPT_BYTES ? said : undefined;
}

/** Reads the names in a provider's own answer while it comes. */
export interface NameReader {
  /** Data of one event of a stream. */
  hear(data: string): void;
  /** A whole answer, parsed. */
  whole(answer: unknown): void;
}

/** Events that tell a name; in a string that is no event's type the quotes would be escaped. */
const NAMING = /"response\.(?:created|output_item\.done|completed|incomplete|failed)"/;

/** Marks each name once, as soon as it is told: a stream that is cut can be gone on from. */
export function createNameReader(responses: KeptResponses, caller: Caller): NameReader {
  const known = new Set<unknown>();
  const tell = (...values: readonly unknown[]): void => {
    const ids = values.flatMap((value) => asText(asObject(value)?.id) ?? []).filter((id) => !known.has(id));
    for (const id of ids) known.add(id);
    if (ids.length === 0) return;
    const marking = markNames(responses, caller, ids);
    responses.waitUntil?.(marking);
  };
  const respond = (response: unknown): void => tell(response, ...asObjects(asObject(response)?.output));
  return {
    hear(data) {
      if (!NAMING.test(data)) return;
      const { type, item, response } = asObject(parse(data)) ?? {};
      if (type === "response.output_item.done") tell(item);
      else respond(response);
    },
    whole: respond,
  };
}
