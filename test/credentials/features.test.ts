import { expect, test } from "vitest";
import { FEATURES, type Feature } from "../../mint-server/contract/credential.ts";
import type { SchemaId } from "../../mint-server/contract/endpoints.ts";
import { forbiddenFeature } from "../../mint-server/credentials/features.ts";
import { forbiddenFile } from "../../mint-server/credentials/stored-files.ts";

type Row = readonly [schema: SchemaId, body: Record<string, unknown>, feature: string | undefined, param?: string];

const LOCAL = { type: "function", function: { name: "f" } };
const adding = (definition: object) => ({
  role: "user",
  content: [{ type: "tool_addition", tool: { type: "tool_definition", definition } }],
});
const OPENAI: readonly SchemaId[] = ["chat", "completions", "responses", "embeddings", "openai"];

const ROWS: readonly Row[] = [
  ...OPENAI.flatMap((schema): Row[] => [
    [schema, {}, undefined],
    [schema, { tools: [LOCAL, { type: "custom" }], n: 1, best_of: 1, store: false, background: false }, undefined],
    [schema, { tools: "x", n: null, best_of: null, web_search_options: null, service_tier: null }, undefined],
    [schema, { service_tier: "auto", previous_response_id: null }, undefined],
    [schema, { service_tier: "default", conversation: null, n: "1" }, undefined],
    [schema, { tools: [LOCAL, { type: "web_search" }] }, "hosted_tools", "tools"],
    [schema, { tools: [null] }, "hosted_tools", "tools"],
    [schema, { tools: [{}] }, "hosted_tools", "tools"],
    [schema, { web_search_options: {} }, "hosted_tools", "web_search_options"],
    [schema, { plugins: [], search_parameters: false, prompt: "x" }, undefined],
    [schema, { plugins: [{ id: "web" }] }, "hosted_tools", "plugins"],
    [schema, { search_parameters: { mode: "on" } }, "hosted_tools", "search_parameters"],
    [schema, { input: [{ type: "additional_tools", tools: [LOCAL] }, { role: "user" }, "x"] }, undefined],
    [schema, { input: [{ type: "additional_tools", tools: [{ type: "mcp" }] }] }, "hosted_tools", "input"],
    [schema, { input: [LOCAL, { type: "tool_search_output", tools: [{}] }] }, "hosted_tools", "input"],
    [schema, { store: true }, "store", "store"],
    [schema, { previous_response_id: "r" }, "store", "previous_response_id"],
    [schema, { conversation: "c" }, "store", "conversation"],
    [schema, { prompt_cache_retention: "24h" }, "store", "prompt_cache_retention"],
    [schema, { background: true }, "background", "background"],
    [schema, { n: 2 }, "multiple_choices", "n"],
    [schema, { n: "2" }, "multiple_choices", "n"],
    [schema, { n: 0 }, "multiple_choices", "n"],
    [schema, { best_of: 2 }, "multiple_choices", "best_of"],
    [schema, { service_tier: "priority" }, "service_tier", "service_tier"],
  ]),
  ["anthropic", {}, undefined],
  ["anthropic", { tools: [{ name: "f" }, { type: "custom" }, { type: null }], n: 2, store: true }, undefined],
  ["anthropic", { mcp_servers: null, container: null, service_tier: null }, undefined],
  ["anthropic", { service_tier: "auto" }, undefined],
  ["anthropic", { service_tier: "standard_only" }, undefined],
  ["anthropic", { tools: [{ type: "web_search_20250305" }] }, "hosted_tools", "tools"],
  ["anthropic", { mcp_servers: [] }, "hosted_tools", "mcp_servers"],
  ["anthropic", { messages: [adding({ name: "f", input_schema: {} }), { content: "x" }] }, undefined],
  ["anthropic", { messages: [adding({ type: "mcp_toolset" })] }, "hosted_tools", "messages"],
  ["anthropic", { messages: [{ content: [null, { type: "tool_addition" }] }] }, undefined],
  ["anthropic", { container: "c" }, "store", "container"],
  ["anthropic", { thread: { type: "create" } }, "store", "thread"],
  ["anthropic", { service_tier: "priority" }, "service_tier", "service_tier"],
  ...(["google", "google-embeddings"] as const).flatMap((schema): Row[] => [
    [schema, {}, undefined],
    [schema, { tools: [{ functionDeclarations: [] }, { function_declarations: [] }, null] }, undefined],
    [schema, { tools: "x", cachedContent: null, generationConfig: null, serviceTier: null }, undefined],
    [schema, { generationConfig: { candidateCount: 1 } }, undefined],
    [schema, { tools: [{ functionDeclarations: [], googleSearch: {} }] }, "hosted_tools", "tools"],
    [schema, { tools: { functionDeclarations: [] }, store: false }, undefined],
    [schema, { tools: { googleSearch: {} } }, "hosted_tools", "tools"],
    [schema, { store: true }, "store", "store"],
    [schema, { tools: [{ functionDeclarationsX: [] }] }, "hosted_tools", "tools"],
    [schema, { tools: [{ xfunctionDeclarations: [] }] }, "hosted_tools", "tools"],
    [schema, { cachedContent: "c" }, "store", "cachedContent"],
    [schema, { cached_content: "c" }, "store", "cached_content"],
    [schema, { generationConfig: { candidateCount: 2 } }, "multiple_choices", "generationConfig.candidateCount"],
    [schema, { generation_config: { candidate_count: 2 } }, "multiple_choices", "generationConfig.candidateCount"],
    [schema, { serviceTier: "x" }, "service_tier", "serviceTier"],
    [schema, { service_tier: "x" }, "service_tier", "serviceTier"],
  ]),
];

const TEMPLATE = { name: "t", endpoint: "responses", model: "m", allow: new Set<string>(), features: [] };

const NAMED = ROWS.map(([schema, body, feature, param]) => ({ schema, body, feature, param }));

test.each(NAMED)("of $schema, $body uses $feature", ({ schema, body, feature, param }) => {
  const use = feature === undefined ? undefined : { feature, param };
  expect(forbiddenFeature({ org: "a" }, body, schema)).toEqual(use);
  expect(forbiddenFeature({ org: "a", features: FEATURES }, body, schema)).toBeUndefined();
  const others = FEATURES.filter((each) => each !== feature);
  expect(forbiddenFeature({ org: "a", features: others }, body, schema)).toEqual(use);
});

test("a stored prompt needs leave for itself and for the tools that it may bring", () => {
  const use = (features: readonly Feature[]) =>
    forbiddenFeature({ org: "a", features }, { prompt: { id: "pmpt_1" } }, "responses");
  expect(use([])).toEqual({ feature: "store", param: "prompt" });
  expect(use(["store"])).toEqual({ feature: "hosted_tools", param: "prompt" });
  expect(use(["hosted_tools"])).toEqual({ feature: "store", param: "prompt" });
  expect(use(["store", "hosted_tools"])).toBeUndefined();
});

const part = (...parts: readonly object[]) => [
  { role: "user", content: "Hi" },
  { role: "user", content: parts },
];
const uploaded = (type: string) => ({ type, source: { type: "file", file_id: "file_1" } });
const result = (...content: readonly object[]) => ({ type: "tool_result", content });
const wrapped = { type: "document", source: { type: "content", content: [uploaded("image")] } };

const FILES: readonly (readonly [SchemaId, Record<string, unknown>, string | undefined])[] = [
  ["chat", { messages: part({ type: "file", file: { file_id: "f" } }) }, "messages[1].content[0].file.file_id"],
  ["chat", { messages: part({ type: "text" }, { file_id: "f" }) }, "messages[1].content[1].file_id"],
  ["chat", { messages: [{ role: "assistant", audio: { id: "audio_1" } }] }, "messages[0].audio.id"],
  ["chat", { messages: part({ type: "file", file: { file_data: "data:", file_id: null } }) }, undefined],
  ["chat", { messages: part({ type: "image_url", image_url: { url: "https://a.example" } }) }, undefined],
  [
    "chat",
    { messages: [null, { content: "x", audio: null }, { content: [null] }], input: part({ file_id: "f" }) },
    undefined,
  ],
  ["responses", { input: part({ type: "input_file", file_id: "f" }) }, "input[1].content[0].file_id"],
  ["responses", { input: [{ output: [{ type: "input_image", file_id: "f" }] }] }, "input[0].output[0].file_id"],
  ["responses", { input: [{ output: { type: "computer_screenshot", file_id: "f" } }] }, "input[0].output.file_id"],
  ["responses", { input: "x", tools: [{}, { container: "cntr_1" }] }, "tools[1].container"],
  ["responses", { tools: [{ container: { type: "auto", file_ids: ["f"] } }] }, "tools[0].container.file_ids"],
  ["responses", { tools: [{ input_image_mask: { file_id: "f" } }] }, "tools[0].input_image_mask.file_id"],
  ["responses", { tools: [{ container: { type: "auto", file_ids: [] } }] }, undefined],
  ["responses", { input: part({ type: "input_file", file_url: "https://a.example", file_data: "" }) }, undefined],
  ["responses", { input: part({ type: "output_text", annotations: [{ file_id: "f" }] }) }, undefined],
  ["responses", { input: [{ output: "x" }, "x"] }, undefined],
  ["anthropic", { messages: part(uploaded("document")) }, "messages[1].content[0].source.file_id"],
  ["anthropic", { messages: part(result(uploaded("image"))) }, "messages[1].content[0].content[0].source.file_id"],
  ["anthropic", { messages: part(wrapped) }, "messages[1].content[0].source.content[0].source.file_id"],
  ["anthropic", { messages: part({ type: "container_upload", file_id: "f" }) }, "messages[1].content[0].file_id"],
  ["anthropic", { messages: part({ type: "tool_use", input: { file_id: "f" } }) }, undefined],
  ["anthropic", { messages: part({ type: "image", source: { type: "base64", data: "AA" } }) }, undefined],
  ["google", { contents: [{ parts: [{ fileData: { fileUri: "https://a.example" } }] }] }, undefined],
];

test.each(FILES)("of %s, %j names the file %s", (schema, body, param) => {
  expect(forbiddenFile({ org: "a" }, body, schema)).toEqual(param && { feature: "store", param });
  expect(forbiddenFile({ org: "a", features: ["store"] }, body, schema)).toBeUndefined();
});

test("files that a template names are its owner's, those that its caller adds are not", () => {
  const before = part({ type: "input_file", file_id: "owner's" });
  const tools = [{ type: "code_interpreter", container: "cntr_owner" }];
  const conversation = { field: "input", before, roles: ["user"] };
  const template = { ...TEMPLATE, fixed: { tools }, conversation };
  const found = (input: readonly object[]) =>
    forbiddenFile({ org: "a" }, { tools, input }, "responses", template)?.param;
  expect(found(before)).toBeUndefined();
  expect(found([...before, ...part({ file_id: "caller's" })])).toBe("input[1].content[0].file_id");
});
