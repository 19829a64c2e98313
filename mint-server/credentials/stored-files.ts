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
      return first(own.messages, "messages", inMessage);
    case "responses":
      return first(own.input, "input", inItem) ?? first(own.tools, "tools", inTool);
    case "anthropic":
      return first(own.messages, "messages", ({ content }, at) => first(content, `${at}.content`, inBlock));
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

type Find = (object: Json, at: string) => string | undefined;

/** What is found first in the objects of a list. */
function first(list: unknown, at: string, find: Find): string | undefined {
  if (!Array.isArray(list)) return undefined;
  for (const [index, entry] of list.entries()) {
    const object = asObject(entry);
    const found = object && find(object, `${at}[${index}]`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A field that has an id. */
function id(object: unknown, field: string, at: string): string | undefined {
  const value = asObject(object)?.[field];
  return value === undefined || value === null || value === "" ? undefined : `${at}.${field}`;
}

/** An earlier answer that was spoken has an id, too. */
const inMessage: Find = ({ content, audio }, at) =>
  first(content, `${at}.content`, inPart) ?? id(audio, "id", `${at}.audio`);

const inPart: Find = (part, at) => id(part, "file_id", at) ?? id(part.file, "file_id", `${at}.file`);

/** A tool's result is a list of parts, or one picture. */
const inItem: Find = ({ content, output }, at) =>
  first(content, `${at}.content`, inPart) ??
  first(output, `${at}.output`, inPart) ??
  id(output, "file_id", `${at}.output`);

/** Where code runs, with what, and the mask of a picture. */
const inTool: Find = ({ container, input_image_mask: mask }, at) => {
  if (typeof container === "string") return `${at}.container`;
  const files = asObject(container)?.file_ids;
  if (Array.isArray(files) && files.length > 0) return `${at}.container.file_ids`;
  return id(mask, "file_id", `${at}.input_image_mask`);
};

/** Tools' results and documents may hold blocks. */
const inBlock: Find = ({ type, source, content, ...block }, at) =>
  id(source, "file_id", `${at}.source`) ??
  (type === "container_upload" ? id(block, "file_id", at) : undefined) ??
  first(content, `${at}.content`, inBlock) ??
  first(asObject(source)?.content, `${at}.source.content`, inBlock);
