import { MODEL_ENDPOINTS } from "../../../mint-server/contract/endpoints.ts";
import { anthropic, anthropicAtVertex } from "./anthropic/format.ts";
import { bedrock } from "./bedrock/format.ts";
import type { Format } from "./format.ts";
import { gemini, geminiAtVertex } from "./google/format.ts";
import { openai, responses } from "./openai/format.ts";
import type { Fields } from "./orders.ts";

/** Whose call a path is. `model` is empty where the body names it. */
export interface Route {
  readonly format: Format;
  readonly call: string;
  readonly model: string;
}

const GEMINI = "(generateContent|streamGenerateContent|countTokens|embedContent|batchEmbedContents|predict)";

/** Ends of paths, whatever stands before them: the model if it is in the path, and the call. */
const ENDS: readonly (readonly [RegExp, Format])[] = [
  [/\/publishers\/anthropic\/models\/([^/:]+):(rawPredict|streamRawPredict)$/, anthropicAtVertex],
  [/()\/v1\/(messages)$/, anthropic],
  [new RegExp(`/publishers/google/models/([^/]+):${GEMINI}$`), geminiAtVertex],
  [new RegExp(`/(?:models|tunedModels)/([^/]+):${GEMINI}$`), gemini],
  [/\/model\/([^/]+)\/(converse|converse-stream|invoke)$/, bedrock],
];

/** The format that a path belongs to; what is no one else's is OpenAI's. */
export function routeOf(path: string, fields: Fields): Route {
  for (const [end, format] of ENDS) {
    const found = end.exec(path);
    if (found) return { format, call: found[2] ?? "", model: decodeURIComponent(found[1] ?? "") };
  }
  const call = endpointOf(path, fields);
  return { format: call === "responses" ? responses : openai, call, model: "" };
}

/** What a path asks for: providers put different things before the endpoint's name, and some one name for all. */
function endpointOf(path: string, fields: Fields): string {
  const named = MODEL_ENDPOINTS.find((endpoint) => path.endsWith(`/${endpoint.path}`));
  if (named) return named.path;
  if (!path.endsWith("/invocations")) return path;
  if (fields.messages !== undefined) return "chat/completions";
  return fields.input === undefined ? "completions" : "embeddings";
}
