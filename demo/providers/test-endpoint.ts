import { HEADER } from "../../mint-server/contract/headers.ts";
import { formatMs } from "../format.ts";
import { type Asked, callApi } from "../state/api.ts";
import { deleteKey, type EndpointConfig, makeKey } from "./admin.ts";

/** What came of trying an endpoint, in words. */
export interface Trial {
  readonly works: boolean;
  readonly words: string;
}

interface Listed {
  readonly id: string;
  readonly flavor: string;
  readonly providers: readonly string[];
  readonly input_cost_per_million_tokens: number | null;
  readonly output_cost_per_million_tokens: number | null;
}

/** Asks an endpoint one tiny question, with a project key made for it alone and deleted after. */
export async function testEndpoint(org: string, endpoint: EndpointConfig, model: string): Promise<Trial> {
  const made = await makeKey(org);
  if (!made.ok) return { works: false, words: made.problem.sentence };
  try {
    const chosen = model.trim() || (await cheapestModel(made.value.key, endpoint));
    if (!chosen) return { works: false, words: "No chat model of this endpoint is known. Name one to try it with." };
    return await ask(made.value.key, endpoint, chosen);
  } finally {
    await deleteKey(org, made.value.id);
  }
}

/** Also an instance that has read the organisation a moment ago must look again. */
const FRESH = { [HEADER.useCredsCache]: "never" };

async function cheapestModel(key: string, { provider, models, customModels = {} }: EndpointConfig) {
  const [custom] = Object.entries(customModels).find(([, { flavor }]) => flavor === "chat") ?? [];
  if (custom) return custom;
  const listed = await callApi<{ readonly data: readonly Listed[] }>("models", { key, headers: FRESH });
  const known = listed.ok ? listed.value.data : [];
  const chat = known.filter(
    ({ id, flavor, providers }) => flavor === "chat" && (models ? models.includes(id) : providers.includes(provider)),
  );
  return chat.toSorted((a, b) => costOf(a) - costOf(b))[0]?.id ?? models?.[0];
}

function costOf({ input_cost_per_million_tokens: input, output_cost_per_million_tokens: output }: Listed): number {
  return input === null || output === null ? Number.MAX_VALUE : input + output;
}

interface Completion {
  readonly usage?: { readonly total_tokens?: number };
}

async function ask(key: string, { name }: EndpointConfig, model: string): Promise<Trial> {
  const started = performance.now();
  const answered: Asked<Completion> = await callApi("chat/completions", {
    method: "POST",
    key,
    headers: { ...FRESH, [HEADER.endpointName]: name, [HEADER.useCache]: "never" },
    body: { model, messages: [{ role: "user", content: "Say OK." }], max_completion_tokens: 16 },
  });
  if (!answered.ok) return { works: false, words: `${model}: ${answered.problem.sentence}` };
  const tokens = answered.value.usage?.total_tokens;
  const took = formatMs(performance.now() - started);
  return { works: true, words: `It works: ${model} answered in ${took}${tokens ? `, for ${tokens} tokens` : ""}.` };
}
