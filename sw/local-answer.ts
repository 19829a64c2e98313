import { findModelEndpoint, type SchemaId } from "../mint-server/contract/endpoints.ts";
import type { StreamEvent } from "../mint-server/wire/chat-answer.ts";
import type { ChatRequest } from "../mint-server/wire/chat-request.ts";
import { streamByFunction } from "../mint-server/wire/js.ts";
import { asObject, asText, FieldError, type Json, parse } from "../mint-server/wire/read.ts";
import type { CallerFormat } from "../mint-server/wire/wire-format.ts";
import type { LocalAnswer } from "./answers.ts";
import type { LocalModel, LocalModels } from "./local-models.ts";
import { answerFrom } from "./local-steps.ts";

/** What local models are made of, in the page as in the worker. */
export interface LocalSetup {
  readonly models: LocalModels;
  readonly schemas: Readonly<Partial<Record<SchemaId, () => CallerFormat | Promise<CallerFormat>>>>;
  /** Asks the browser's built-in model; only windows have one. @throws {FieldError} for what it has nothing like. */
  readonly askWindow?: (call: WindowCall) => AsyncGenerator<StreamEvent>;
}

export interface WindowCall {
  readonly request: ChatRequest;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
}

/** A caught request for one of the local models. */
export interface LocalCall {
  /** Path below the prefix. */
  readonly path: string;
  readonly body: Json;
  readonly signal: AbortSignal;
}

/** A body's fields, if its model is a local one. */
export function findLocal(models: LocalModels, body: ArrayBuffer | undefined): Json | undefined {
  const fields = body && asObject(parse(new TextDecoder().decode(body)));
  return Object.hasOwn(models, asText(fields?.model) ?? "") ? fields : undefined;
}

/** A body's fields, but for another model. */
export function readAs(model: string, body: ArrayBuffer | undefined): Json | undefined {
  const fields = body && asObject(parse(new TextDecoder().decode(body)));
  return fields && { ...fields, model };
}

/** Answers with a local model: sends nothing and asks for no credential. */
export async function answerLocally(
  setup: LocalSetup,
  { path, body, signal }: LocalCall,
): Promise<Response | LocalAnswer> {
  const model = asText(body.model) ?? "";
  const endpoint = findModelEndpoint(path)?.endpoint;
  const schema = await (endpoint && setup.schemas[endpoint.schema])?.();
  const run = setup.models[model];
  if (!schema || run === undefined) {
    const answered = "chat/completions, completions and responses";
    return wrong("model", `The model ${JSON.stringify(model)} runs in this browser, and answers ${answered} only.`);
  }
  const ask = run === "window" ? setup.askWindow : (call: WindowCall) => streamByFunction({ run, ...call });
  if (!ask) return wrong("model", "Workers have no built-in model: give `window` to `register` in the page.");
  try {
    const request = schema.decodeRequest(body, { model, stream: body.stream === true });
    return await answerFrom({
      schema,
      request,
      stamp: { created: Math.floor(Date.now() / 1000), newId },
      format: formatOf(run),
      steps: ask({ request, signal }),
      signal,
    });
  } catch (error) {
    if (error instanceof FieldError) return wrong(error.param, error.message);
    throw error;
  }
}

export function formatOf(model: LocalModel): "window" | "js" {
  return model === "window" ? model : "js";
}

/** Not a UUID: browsers make those on secure origins only. */
export function newId(prefix: string): string {
  return `${prefix}${crypto.getRandomValues(new Uint32Array(4)).join("")}`;
}

function wrong(param: string, message: string): LocalAnswer {
  return { status: 400, error: { message, type: "invalid_request_error", param, code: "invalid_value" } };
}
