import { type CacheMode, isCacheTtl } from "./contract/cache-rules.ts";
import { MAX_MEDIA_BODY_BYTES, MODEL_ENDPOINTS, type ModelEndpoint } from "./contract/endpoints.ts";
import { HEADER } from "./contract/headers.ts";
import { parseJson } from "./contract/json.ts";
import { applyTemplate, type Template } from "./credentials/template.ts";
import { fail, ok, type Result } from "./failures.ts";
import type { Flavor } from "./providers/provider.ts";
import { readBytes, readText } from "./read-body.ts";
import { findSpelledTwice } from "./wire/google/spelled-twice.ts";
import { lazy } from "./wire/lazy.ts";
import { checkFields } from "./wire/openai-fields.ts";

/** A request for a model's work: read once, checked, and kept as it came. */
export interface ModelRequest {
  readonly endpoint: ModelEndpoint;
  readonly model: string;
  readonly stream: boolean;
  /** Whether the stream is read as one JSON array, as Gemini's is without `?alt=sse`. */
  readonly isArray: boolean;
  /** What goes on to the provider: the JSON text, or the form's bytes, as they came. */
  readonly payload: string | Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  /** The parsed body; for a form, its text fields. */
  readonly body: Readonly<Record<string, unknown>>;
}

const CACHE_MODES: readonly string[] = ["auto", "always", "never"] satisfies CacheMode[];
const MAX_MODEL_LENGTH = 256;

/** Reads a request's body under its cap and checks it. Nothing of it has gone anywhere when this fails. */
export async function readModelRequest(request: Request, options: ReadOptions): Promise<Result<ModelRequest>> {
  const { endpoint, maxBodyBytes } = options;
  const header = checkHeaders(request.headers);
  if (!header.ok) return header;
  const type = request.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  const expected = endpoint.body === "json" ? "application/json" : "multipart/form-data";
  if (type !== expected) return fail({ kind: "bad_content_type", expected });
  const read =
    endpoint.body === "json" ? await readJson(request, endpoint, maxBodyBytes) : await readForm(request, maxBodyBytes);
  if (!read.ok) return read;
  const filled = options.template ? fillTemplate(options.template, endpoint, read.value) : read;
  return filled.ok ? checkBody({ endpoint, ...filled.value }, options) : filled;
}

export interface ReadOptions {
  readonly endpoint: ModelEndpoint;
  /** The model's id, where the path holds it. */
  readonly model?: string | undefined;
  /** Whether the path asks for an event stream, where it is the path that asks. */
  readonly asEvents?: boolean;
  /** What the request must follow. */
  readonly template?: Template | undefined;
  readonly maxBodyBytes: number;
}

function fillTemplate(template: Template, { name, path }: ModelEndpoint, { body }: Read): Result<Read> {
  const filled = applyTemplate(template, path === "auto" ? path : name, body);
  return filled.ok ? ok({ body: filled.value, payload: JSON.stringify(filled.value), contentType: JSON_TYPE }) : filled;
}

type Read = Pick<ModelRequest, "payload" | "body" | "contentType">;

/** Without parameters: in another charset the same bytes could be another request. */
const JSON_TYPE = "application/json";

async function readJson(request: Request, { takesMedia }: ModelEndpoint, maxBodyBytes: number): Promise<Result<Read>> {
  const read = await readText(request, takesMedia ? Math.max(MAX_MEDIA_BODY_BYTES, maxBodyBytes) : maxBodyBytes);
  if (!read.ok) return read;
  const { text, sizeBytes } = read.value;
  if (sizeBytes > maxBodyBytes && !MEDIA.test(text)) return fail({ kind: "body_too_large", maxBytes: maxBodyBytes });
  const body = parseObject(text);
  return body.ok ? ok({ payload: text, body: body.value, contentType: JSON_TYPE }) : body;
}

/** A part of a message that is no text. */
const MEDIA = /"(image_url|input_image|input_audio|input_file|file|image|document|inlineData|inline_data)"/;

async function readForm(request: Request, maxBodyBytes: number): Promise<Result<Read>> {
  const bytes = await readBytes(request, Math.max(MAX_MEDIA_BODY_BYTES, maxBodyBytes));
  if (!bytes.ok) return bytes;
  return parseForm(bytes.value, request.headers.get("content-type") ?? "");
}

/** Reads a JSON object of at most `maxBytes`, for routes that take no model's work. */
export async function readJsonObject(request: Request, maxBytes: number): Promise<Result<Record<string, unknown>>> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get("content-type") ?? "")) {
    return fail({ kind: "bad_content_type", expected: "application/json" });
  }
  const read = await readText(request, maxBytes);
  return read.ok ? parseObject(read.value.text) : read;
}

function checkHeaders(headers: Headers): Result<void> {
  for (const header of [HEADER.useCache, HEADER.useCredsCache]) {
    const value = headers.get(header);
    if (value !== null && !CACHE_MODES.includes(value)) {
      return fail({ kind: "bad_header", header, detail: `\`${header}\` must be auto, always or never.` });
    }
  }
  const ttl = headers.get(HEADER.cacheTtl);
  if (ttl !== null && !isCacheTtl(ttl)) {
    return fail({
      kind: "bad_header",
      header: HEADER.cacheTtl,
      detail: `\`${HEADER.cacheTtl}\` must be a number of seconds.`,
    });
  }
  return ok(undefined);
}

type Unchecked = Pick<ModelRequest, "endpoint" | "payload" | "contentType" | "body">;

function checkBody(unchecked: Unchecked, { model: named, asEvents }: ReadOptions): Result<ModelRequest> {
  const { body, endpoint } = unchecked;
  const model = named ?? body.model ?? endpoint.defaultModel;
  if (model === undefined || model === null) return badField("model", "`model` is missing.");
  if (typeof model !== "string") return badField("model", "`model` must be a string.");
  if (model === "" || model.length > MAX_MODEL_LENGTH)
    return badField("model", `\`model\` must hold 1 to ${MAX_MODEL_LENGTH} characters.`);
  const inBody = body.stream === true || body.stream === "true" || body.stream_format === "sse";
  const stream = named === undefined ? inBody : endpoint.streams === true;
  const isArray = stream && endpoint.streams === true && !asEvents;
  return withFieldsChecked({ ...unchecked, model, stream, isArray });
}

/** `/auto` becomes chat or completion by the model's flavor, as soon as the model is known. */
export function resolveAuto(request: ModelRequest, flavor: Flavor): Result<ModelRequest> {
  if (request.endpoint.path !== "auto") return ok(request);
  return withFieldsChecked({ ...request, endpoint: flavor === "completion" ? COMPLETIONS : CHAT });
}

const endpointAt = (path: string): ModelEndpoint => {
  const found = MODEL_ENDPOINTS.find((endpoint) => endpoint.path === path);
  if (!found) throw new TypeError(`no endpoint ${path}`);
  return found;
};
const CHAT = endpointAt("chat/completions");
const COMPLETIONS = endpointAt("completions");

function withFieldsChecked(request: ModelRequest): Result<ModelRequest> {
  const { endpoint, body } = request;
  const twice = endpoint.schema.startsWith("google") ? findSpelledTwice(body) : undefined;
  if (twice !== undefined) return badField(twice, `\`${twice}\` is given in two spellings.`);
  const problem = checkFields(endpoint.path, body);
  return problem ? badField(problem.param, problem.detail) : ok(request);
}

function badField(param: string, detail: string) {
  return fail({ kind: "bad_field", param, detail });
}

function parseObject(text: string): Result<Record<string, unknown>> {
  const parsed = parseJson(text);
  if (!parsed.ok) return fail({ kind: "bad_json", problem: parsed.problem });
  const { value } = parsed;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return fail({ kind: "bad_json", problem: { kind: "not_an_object" } });
  }
  return ok(value as Record<string, unknown>);
}

const written = lazy(() => import("./written-form.ts"));

/** The text fields of a form; its files stay in the bytes. A field given twice is refused, like a JSON name. */
async function parseForm(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<Result<Read>> {
  try {
    const form = await new Response(bytes, { headers: { "content-type": contentType } }).formData();
    const fields: Record<string, unknown> = {};
    for (const [name, value] of form) {
      if (name === "model" && Object.hasOwn(fields, name)) return badField(name, `\`${name}\` is given twice.`);
      if (typeof value === "string") fields[name] = value;
      else if (name === "file") fields[name] = value.size;
    }
    if (fields.file === undefined) return badField("file", "`file` is missing.");
    const { writeForm } = await written();
    return ok({ body: fields, ...(await writeForm(form, { bytes, contentType })) });
  } catch {
    return fail({ kind: "bad_content_type", expected: "multipart/form-data with the boundary that its header names" });
  }
}
