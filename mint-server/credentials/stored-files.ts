import type { Grant } from "../contract/credential.ts";
import type { SchemaId } from "../contract/endpoints.ts";
import { asObject, type Json } from "../wire/read.ts";
import type { Use } from "./features.ts";
import type { Template } from "./template.ts";

type Body = Readonly<Record<string, unknown>>;

/** The first file that a request needs leave for, and its grant does not give it. */
export function forbiddenFile(grant: Grant, body: Body, schema: SchemaId, template?: Template): Use | undefined {
  if (grant.features?.includes("store")) return undefined;
  const param = findStoredFile(body, schema, template);
  return param === undefined ? undefined : { feature: "store", param };
}

/**
 * Path of the first id in a body that stands for a file at the provider, which may be anybody's who uses its key. Files that
 * are in the request itself and addresses are none, and so is what a template says.
 */
function findStoredFile(body: Body, schema: SchemaId, template: Template | undefined): string | undefined {
  const own = template ? withoutTemplates(body, template) : body;
  switch (schema) {
    case "chat":
      return under("messages", first(own.messages, inMessage));
    case "responses":
      return under("input", first(own.input, inItem)) ?? under("tools", first(own.tools, inTool));
    case "anthropic":
      return under(
        "messages",
        first(own.messages, ({ content }) => under(".content", first(content, inBlock))),
      );
    default:
      return undefined;
  }
}

/** What its caller has filled in. */
function withoutTemplates(body: Body, { fixed, conversation }: Template): Body {
  const own = Object.fromEntries(Object.entries(body).filter(([name]) => !Object.hasOwn(fixed, name)));
  if (!conversation) return own;
  const { field, before } = conversation;
  const turns = own[field];
  return Array.isArray(turns) ? { ...own, [field]: turns.slice(before.length) } : own;
}

/** Where in an object an id stands. Paths are put together once something is found: nearly nothing ever is. */
type Find = (object: Json) => string | undefined;

function under(at: string, found: string | undefined): string | undefined {
  return found === undefined ? undefined : `${at}${found}`;
}

/** What is found first in the objects of a list. */
function first(list: unknown, find: Find): string | undefined {
  if (!Array.isArray(list)) return undefined;
  for (const [index, entry] of list.entries()) {
    const object = asObject(entry);
    const found = object && find(object);
    if (found !== undefined) return `[${index}]${found}`;
  }
  return undefined;
}

/** A field that has an id. */
function id(object: unknown, field: string): string | undefined {
  const value = asObject(object)?.[field];
  return value === undefined || value === null || value === "" ? undefined : `.${field}`;
}

/** An earlier answer that was spoken has an id, too. */
const inMessage: Find = ({ content, audio }) =>
  under(".content", first(content, inPart)) ?? under(".audio", id(audio, "id"));

const inPart: Find = (part) => id(part, "file_id") ?? under(".file", id(part.file, "file_id"));

/** A tool's result is a list of parts, or one picture. */
const inItem: Find = ({ content, output }) =>
  under(".content", first(content, inPart)) ??
  under(".output", first(output, inPart)) ??
  under(".output", id(output, "file_id"));

/** Where code runs, with what, and the mask of a picture. */
const inTool: Find = ({ container, input_image_mask: mask }) => {
  if (typeof container === "string") return ".container";
  const files = asObject(container)?.file_ids;
  if (Array.isArray(files) && files.length > 0) return ".container.file_ids";
  return under(".input_image_mask", id(mask, "file_id"));
};

/** Tools' results and documents may hold blocks. */
const inBlock: Find = ({ type, source, content, ...block }) =>
  under(".source", id(source, "file_id")) ??
  (type === "container_upload" ? id(block, "file_id") : undefined) ??
  under(".content", first(content, inBlock)) ??
  under(".source.content", first(asObject(source)?.content, inBlock));
