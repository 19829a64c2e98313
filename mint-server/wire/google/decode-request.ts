import type { ChatRequest, Setting } from "../chat-request.ts";
import { asPlainText, FieldError, isObject, type Json, needObject } from "../read.ts";
import type { CallerCall } from "../wire-format.ts";
import { decodeConfig } from "./decode-config.ts";
import { decodeContents, decodeSystem } from "./decode-contents.ts";
import { decodeToolChoice, decodeTools } from "./decode-tools.ts";
import { type Fields, readFields } from "./fields.ts";

const REQUEST = [
  "model",
  "contents",
  "systemInstruction",
  "tools",
  "toolConfig",
  "generationConfig",
  "safetySettings",
  "cachedContent",
  "labels",
  "serviceTier",
  "store",
] as const;

/** A `generateContent` body. @throws {FieldError} at the first field that is wrong or cannot be translated. */
export function decodeRequest(body: Json, { model, stream, isArray }: CallerCall): ChatRequest {
  const fields = readFields(body, "", REQUEST);
  const asked = new Map<Setting, string>();
  checkCached(fields);
  if (fields.get("contents") === undefined) throw new FieldError("contents", "`contents` is missing.");
  const { wished, resolution } = decodeConfig(fields.get("generationConfig"), fields.at("generationConfig"), asked);
  const tools = decodeTools(fields.list("tools"), asked);
  const toolChoice = decodeToolChoice(fields.get("toolConfig"), fields.at("toolConfig"), asked);
  return {
    ...wished,
    ...decodeExtras(fields, asked),
    ...(toolChoice && { toolChoice }),
    model,
    stream,
    ...(isArray !== undefined && { isArray }),
    messages: [
      ...decodeSystem(fields.get("systemInstruction"), fields.at("systemInstruction")),
      ...decodeContents(fields.list("contents"), resolution),
    ],
    tools,
    includeUsage: true,
    asked,
  };
}

type RequestFields = Fields<(typeof REQUEST)[number]>;

function checkCached(fields: RequestFields): void {
  const at = fields.at("cachedContent");
  if (fields.text("cachedContent")) {
    throw new FieldError(at, `\`${at}\` is kept at Google, where this model's provider cannot read it.`);
  }
}

function decodeExtras(fields: RequestFields, asked: Map<Setting, string>): Partial<ChatRequest> {
  const labels = fields.get("labels");
  const metadata = labels === undefined ? undefined : needObject(labels, fields.at("labels"));
  const tier = fields.text("serviceTier")?.toLowerCase();
  const serviceTier = tier === "standard" || tier === "unspecified" ? undefined : tier;
  const safetySettings = fields.list("safetySettings").map(({ value }) => value);
  if (safetySettings.some(isFilter)) asked.set("safetySettings", fields.at("safetySettings"));
  if (fields.boolean("store")) asked.set("store", fields.at("store"));
  if (metadata) asked.set("metadata", fields.at("labels"));
  if (serviceTier) asked.set("serviceTier", fields.at("serviceTier"));
  return {
    ...(metadata && { metadata }),
    ...(serviceTier && { serviceTier }),
    ...(safetySettings.length > 0 && { safetySettings }),
  };
}

/** False for what turns a filter off: other APIs have none to begin with. */
function isFilter(setting: unknown): boolean {
  return !isObject(setting) || !["OFF", "BLOCK_NONE"].includes(asPlainText(setting.threshold));
}
