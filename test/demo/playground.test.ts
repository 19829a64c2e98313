import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { asCurl, asSdkCode } from "../../demo/playground/code.ts";
import { collect, NOTHING } from "../../demo/playground/collect.ts";
import { bodyOf, problemsOf } from "../../demo/playground/request.ts";
import { EXAMPLE_SCHEMA, EXAMPLE_TOOLS, readTools } from "../../demo/playground/tools.ts";
import type { ChatBody, Setup } from "../../demo/playground/types.ts";

const SETUP: Setup = {
  models: ["gpt-4o"],
  system: "",
  prompt: 'It\'s a “test”\n  "with": $HOME and `date`',
  temperature: "",
  maxTokens: "",
  topP: "",
  stop: "",
  seed: "",
  effort: "",
  cache: "auto",
  format: "text",
  schema: "",
  tools: "",
};

test("sends only what was entered", () => {
  expect(bodyOf(SETUP, [], "gpt-4o")).toEqual({
    model: "gpt-4o",
    messages: [{ role: "user", content: SETUP.prompt }],
    stream: true,
    stream_options: { include_usage: true },
  });
  const all = {
    ...SETUP,
    system: "Be brief.",
    temperature: "0",
    maxTokens: "9",
    topP: "0.5",
    seed: "-1",
    effort: "low",
  };
  expect(bodyOf({ ...all, stop: "a\n\nb", format: "json_object", tools: EXAMPLE_TOOLS }, [], "m")).toMatchObject({
    messages: [{ role: "system" }, { role: "user" }],
    temperature: 0,
    max_completion_tokens: 9,
    top_p: 0.5,
    seed: -1,
    reasoning_effort: "low",
    stop: ["a", "b"],
    response_format: { type: "json_object" },
    tools: [{ type: "function", function: { name: "get_weather" } }],
  });
});

test.each([
  ["temperature", { temperature: "2.1" }],
  ["temperature", { temperature: "warm" }],
  ["topP", { topP: "-0.1" }],
  ["maxTokens", { maxTokens: "0" }],
  ["maxTokens", { maxTokens: "1.5" }],
  ["seed", { seed: "0.5" }],
  ["stop", { stop: "a\nb\nc\nd\ne" }],
  ["tools", { tools: "[" }],
  ["schema", { format: "json_schema", schema: "[]" }],
] as const)("says that %s is wrong: %o", (field, change) => {
  expect(Object.keys(problemsOf({ ...SETUP, ...change }))).toEqual([field]);
});

test("its own examples are right", () => {
  expect(problemsOf({ ...SETUP, tools: EXAMPLE_TOOLS, format: "json_schema", schema: EXAMPLE_SCHEMA })).toEqual({});
});

test.each([
  ["{}", /list/],
  ['[{"name": "a b"}]', /Tool 1 needs a name/],
  ['[{"name": "a"}, {"name": "a"}]', /Two tools/],
  ['[{"type": "web_search"}]', /type "function"/],
  ['[{"name": "a", "parameters": {"type": "array"}}]', /type "object"/],
  ['[{"name": "a", "parameters": {"type": "object", "required": ["x"]}}]', /"x" is required/],
  ['[{"name": "a", "parameters": {"type": "object", "properties": {"x": {"type": "text"}}}}]', /"text" of "x"/],
])("refuses the tools %s", (text, problem) => {
  expect(readTools(text)).toEqual({ ok: false, problem: expect.stringMatching(problem) });
});

test("takes tools as the API has them, and bare functions", () => {
  const tool = { type: "function", function: { name: "now" } };
  for (const given of [tool, tool.function]) {
    expect(readTools(JSON.stringify([given]))).toEqual({ ok: true, tools: [tool] });
  }
});

test("puts calls together that come in pieces, whatever their order", () => {
  const pieces = [
    { index: 1, id: "b", function: { name: "two", arguments: "" } },
    { index: 0, id: "a", function: { name: "one", arguments: '{"x"' } },
    { index: 1, function: { arguments: "{}" } },
    { index: 0, function: { arguments: ":1}" } },
  ];
  const chunks = pieces.map((piece) => ({
    choices: [{ index: 0, delta: { tool_calls: [piece] }, finish_reason: null }],
  }));
  const gathered = chunks.reduce((before, chunk) => collect(before, chunk as never), NOTHING);
  expect(gathered.toolCalls).toEqual([
    { index: 0, id: "a", name: "one", arguments: '{"x":1}' },
    { index: 1, id: "b", name: "two", arguments: "{}" },
  ]);
});

test("its curl command says what the body says, whatever a shell would make of it", () => {
  const body = bodyOf(SETUP, [], "gpt-4o");
  const command = asCurl(body, "http://127.0.0.1:1").replace(/^curl/, "printf '%s\\n'");
  const args = execFileSync("sh", ["-c", `${command} end`], { encoding: "utf8" });
  expect(args).toContain("http://127.0.0.1:1/v1/proxy/chat/completions");
  expect(JSON.parse(args.slice(args.indexOf("\n{") + 1, args.lastIndexOf("end")))).toEqual(body);
});

test("its SDK code says what the body says", async () => {
  const body = bodyOf({ ...SETUP, tools: EXAMPLE_TOOLS }, [], "gpt-4o");
  const [, literal] = /create\(([\s\S]+?)\);\nfor await/.exec(asSdkCode(body)) ?? [];
  const url = `data:text/javascript,${encodeURIComponent(`export const body = ${literal}`)}`;
  const { body: read } = (await import(/* @vite-ignore */ url)) as { readonly body: ChatBody };
  expect(read).toEqual(body);
  expect(literal).not.toContain('"model"');
});
