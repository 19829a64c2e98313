import { MODEL_ENDPOINTS, type ModelEndpoint } from "../contract/endpoints.ts";
import { type AnswerHeader, CALL_PARAMETERS, type OperationNotes } from "./operation.ts";
import type { Schema } from "./schema.ts";

const OPENAI = "https://developers.openai.com/api/reference/resources";
const GOOGLE = "https://ai.google.dev/api";

/** Where a provider describes an endpoint's request and answer, by its path. */
const SEE: Readonly<Record<string, string>> = {
  "chat/completions": `${OPENAI}/chat/subresources/completions/methods/create`,
  completions: `${OPENAI}/completions/methods/create`,
  embeddings: `${OPENAI}/embeddings/methods/create`,
  moderations: `${OPENAI}/moderations/methods/create`,
  responses: `${OPENAI}/responses/methods/create`,
  auto: `${OPENAI}/chat/subresources/completions/methods/create`,
  "images/generations": `${OPENAI}/images/methods/generate`,
  "audio/speech": `${OPENAI}/audio/subresources/speech/methods/create`,
  "audio/transcriptions": `${OPENAI}/audio/subresources/transcriptions/methods/create`,
  "anthropic/v1/messages": "https://platform.claude.com/docs/en/api/messages",
  "google/v1beta/models/{model}:generateContent": `${GOOGLE}/generate-content#method:-models.generatecontent`,
  "google/v1beta/models/{model}:streamGenerateContent": `${GOOGLE}/generate-content#method:-models.streamgeneratecontent`,
  "google/v1beta/models/{model}:countTokens": `${GOOGLE}/tokens#method:-models.counttokens`,
  "google/v1beta/models/{model}:embedContent": `${GOOGLE}/embeddings#method:-models.embedcontent`,
  "google/v1beta/models/{model}:batchEmbedContents": `${GOOGLE}/embeddings#method:-models.batchembedcontents`,
};

const ANSWER_HEADERS: readonly AnswerHeader[] = [
  "UsedEndpoint",
  "Source",
  "Cached",
  "Age",
  "Remaining",
  "PositionOfAnswer",
  "RequestId",
];
const anything: Schema = { type: "object", additionalProperties: true };

/** Path and notes of what calls a model. Google's stand under two versions. */
export function modelOperations(prefix: string): readonly { readonly path: string; readonly notes: OperationNotes }[] {
  const version = /^\/google\/(\w+)\/models\//.exec(prefix)?.[1];
  const found = MODEL_ENDPOINTS.filter(({ path }) => (version ? path.includes("{") : `/${path}` === prefix));
  return found.map((endpoint) => {
    const path = version ? endpoint.path.replace("v1beta", version) : endpoint.path;
    return { path: `/${path}`, notes: notesOn(endpoint, path) };
  });
}

function notesOn({ path, schema, body, defaultModel }: ModelEndpoint, at: string): OperationNotes {
  const isInPath = path.includes("{");
  const whose =
    { anthropic: "Anthropic", google: "Google", "google-embeddings": "Google" }[schema as string] ?? "OpenAI";
  return {
    id: idOf(at),
    summary: path === "auto" ? "A chat or a completion: the model's flavor decides" : `${whose}'s \`${nameOf(path)}\``,
    description: `Request and answer are ${whose}'s own; the model may be any provider's. Failures of this server have ${whose}'s shape.`,
    parameters: [
      ...(isInPath ? [modelParameter] : []),
      ...CALL_PARAMETERS.map((name) => ({ $ref: `#/components/parameters/${name}` })),
    ],
    request:
      body === "multipart"
        ? { "multipart/form-data": { schema: withModel } }
        : { "application/json": { schema: isInPath || defaultModel ? anything : withModel } },
    answer: answerOf(path),
    answerHeaders: ANSWER_HEADERS,
    see: { name: `${whose}'s request and answer`, url: SEE[path] ?? OPENAI },
  };
}

const withModel: Schema = { type: "object", properties: { model: { type: "string" } }, required: ["model"] };

const modelParameter: Schema = {
  name: "model",
  in: "path",
  required: true,
  description: "The model's id. It may hold slashes.",
  schema: { type: "string" },
};

/** A stream where the request asks for one. */
function answerOf(path: string): Schema {
  if (path === "audio/speech") return { "audio/*": { schema: {} }, "text/event-stream": { schema: {} } };
  return { "application/json": { schema: {} }, "text/event-stream": { schema: {} } };
}

/** Such as `chatCompletions`. */
function idOf(path: string): string {
  return path.replace("{model}", "").replace(/[^A-Za-z0-9]+(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf(":") + 1);
}
