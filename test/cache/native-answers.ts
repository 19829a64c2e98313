import type { ChatSchema } from "../wire/support/formats.ts";

/** A whole answer as its provider gives it, with what no other provider says; and the stream that it might have come in. */
export interface NativeAnswer {
  readonly name: string;
  readonly schema: ChatSchema;
  readonly whole: Readonly<Record<string, unknown>>;
  readonly stream?: string;
}

function data(...bodies: readonly object[]): string {
  return bodies.map((body) => `data: ${JSON.stringify(body)}\n\n`).join("");
}

function named(...bodies: readonly { readonly type: string; readonly [member: string]: unknown }[]): string {
  return bodies.map((body) => `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`).join("");
}

const head = { id: "chatcmpl-1", created: 1, model: "gpt-4o", system_fingerprint: "fp_1", service_tier: "default" };
const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13, queue_time: 0.5 };
const logprob = { token: "Hi", logprob: -0.1, bytes: [72, 105], top_logprobs: [] };
const filtered = { hate: { filtered: false, severity: "safe" } };
const chunk = (choice: object, rest: object = {}): object => ({
  ...head,
  object: "chat.completion.chunk",
  choices: [{ index: 0, logprobs: null, finish_reason: null, ...choice }],
  usage: null,
  ...rest,
});

const CHAT: readonly NativeAnswer[] = [
  {
    name: "padding, probabilities, filters and a provider's own members",
    schema: "chat",
    whole: {
      ...head,
      object: "chat.completion",
      citations: ["https://a.example/"],
      prompt_filter_results: [filtered],
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: "Hi there",
            refusal: null,
            reasoning: "Hm. Hm.",
            annotations: [{ type: "url_citation", url_citation: { url: "https://a.example/" } }],
            tool_calls: [
              {
                id: "call_a",
                type: "function",
                function: { name: "weather", arguments: '{"city":"Bern"}' },
                extra_content: { google: { thought_signature: "c2ln" } },
              },
              { id: "call_b", type: "custom", custom: { name: "sql", input: "SELECT 1" } },
            ],
          },
          logprobs: { content: [logprob, { ...logprob, token: " there" }], refusal: null },
          finish_reason: "tool_calls",
          content_filter_results: filtered,
          native_finish_reason: "tool_use",
        },
      ],
      usage,
    },
    stream: `${data(
      // Azure's first one.
      { choices: [], created: 0, id: "", model: "", object: "", prompt_filter_results: [filtered] },
      chunk({ delta: { role: "assistant", content: "", refusal: null } }, { obfuscation: "x1", p: "ab" }),
      chunk({ delta: { reasoning: "Hm." } }, { created: 2, obfuscation: "x22", p: "abc" }),
      chunk({ delta: { reasoning: " Hm." } }),
      chunk({ delta: { content: "Hi" }, logprobs: { content: [logprob], refusal: null }, content_filter_results: {} }),
      chunk({
        delta: { content: " there" },
        logprobs: { content: [{ ...logprob, token: " there" }], refusal: null },
        content_filter_results: filtered,
        message: { role: "assistant", content: "Hi there" },
      }),
      chunk({ delta: { annotations: [{ type: "url_citation", url_citation: { url: "https://a.example/" } }] } }),
      chunk({
        delta: {
          tool_calls: [{ index: 0, id: "call_a", type: "function", function: { name: "weather", arguments: "" } }],
        },
      }),
      chunk({ delta: { tool_calls: [{ index: 0, function: { arguments: '{"city"' } }] } }),
      chunk({
        delta: { tool_calls: [{ index: 1, id: "call_b", type: "custom", custom: { name: "sql", input: "SELECT" } }] },
      }),
      chunk({
        delta: {
          tool_calls: [
            { index: 1, custom: { input: " 1" } },
            { index: 0, function: { arguments: ':"Bern"}' }, extra_content: { google: { thought_signature: "c2ln" } } },
          ],
        },
      }),
      chunk(
        { delta: {}, finish_reason: "tool_calls", native_finish_reason: "tool_use" },
        { usage: { prompt_tokens: 9 } },
      ),
      { ...head, choices: [], citations: ["https://a.example/"], usage },
    )}data: [DONE]\n\n`,
  },
  {
    name: "the older kind of call",
    schema: "chat",
    whole: {
      ...head,
      object: "chat.completion",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: null,
            refusal: null,
            function_call: { name: "weather", arguments: '{"a":1}' },
          },
          logprobs: null,
          finish_reason: "function_call",
        },
      ],
      usage,
    },
    stream: `${data(
      chunk({ delta: { role: "assistant", content: null, function_call: { name: "weather", arguments: "" } } }),
      chunk({ delta: { function_call: { arguments: '{"a"' } } }),
      chunk({ delta: { function_call: { arguments: ":1}" } } }),
      chunk({ delta: {}, finish_reason: "function_call" }),
      chunk({}, { choices: [], usage }),
    )}data: [DONE]\n\n`,
  },
];

const COMPLETIONS: readonly NativeAnswer[] = [
  {
    name: "two texts with probabilities",
    schema: "completions",
    whole: {
      ...head,
      object: "text_completion",
      choices: [
        {
          index: 0,
          text: "Hi there",
          logprobs: { tokens: ["Hi", " there"], token_logprobs: [-1, -2], top_logprobs: [{}, {}], text_offset: [0, 2] },
          finish_reason: "stop",
        },
        { index: 1, text: "Ho", logprobs: null, finish_reason: "length", stop_reason: 13 },
      ],
      usage,
    },
    stream: `${data(
      ...[
        {
          index: 0,
          text: "Hi",
          logprobs: { tokens: ["Hi"], token_logprobs: [-1], top_logprobs: [{}], text_offset: [0] },
          finish_reason: null,
        },
        { index: 1, text: "Ho", logprobs: null, finish_reason: "length", stop_reason: 13 },
        {
          index: 0,
          text: " there",
          logprobs: { tokens: [" there"], token_logprobs: [-2], top_logprobs: [{}], text_offset: [2] },
          finish_reason: "stop",
        },
      ].map((choice) => ({ ...head, object: "text_completion", choices: [choice] })),
      { ...head, object: "text_completion", choices: [], usage },
    )}data: [DONE]\n\n`,
  },
];

const message = { id: "msg_1", type: "message", role: "assistant", model: "claude-sonnet-4-5" };
const spent = {
  input_tokens: 9,
  cache_creation_input_tokens: 1,
  cache_read_input_tokens: 2,
  cache_creation: { ephemeral_5m_input_tokens: 1 },
  service_tier: "standard",
};
const results = {
  type: "web_search_tool_result",
  tool_use_id: "srvtoolu_1",
  content: [{ type: "web_search_result", url: "https://a.example/", encrypted_content: "ZW5j" }],
};
const citation = { type: "web_search_result_location", url: "https://a.example/", cited_text: "Bern", title: "A" };

const ANTHROPIC: readonly NativeAnswer[] = [
  {
    name: "tools that ran at the provider, thoughts and citations",
    schema: "anthropic",
    whole: {
      ...message,
      content: [
        { type: "thinking", thinking: "Hm. Hm.", signature: "c2ln" },
        { type: "redacted_thinking", data: "ZGF0YQ" },
        { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "Bern" } },
        results,
        { type: "text", text: "In Bern.", citations: [citation, { ...citation, cited_text: "B" }] },
        { type: "text", text: "So." },
        { type: "tool_use", id: "toolu_1", name: "clock", input: {} },
      ],
      container: { id: "container_1", expires_at: "2026" },
      stop_reason: "tool_use",
      stop_sequence: null,
      context_management: { applied_edits: [] },
      usage: { ...spent, output_tokens: 40, server_tool_use: { web_search_requests: 1 } },
    },
    stream: named(
      {
        type: "message_start",
        message: {
          ...message,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { ...spent, output_tokens: 3 },
        },
      },
      { type: "ping" },
      { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "", signature: "" } },
      { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "Hm." } },
      { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: " Hm." } },
      { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "c2ln" } },
      { type: "content_block_stop", index: 0 },
      { type: "content_block_start", index: 1, content_block: { type: "redacted_thinking", data: "ZGF0YQ" } },
      { type: "content_block_stop", index: 1 },
      {
        type: "content_block_start",
        index: 2,
        content_block: { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} },
      },
      { type: "content_block_delta", index: 2, delta: { type: "input_json_delta", partial_json: "" } },
      { type: "content_block_delta", index: 2, delta: { type: "input_json_delta", partial_json: '{"query":' } },
      { type: "content_block_delta", index: 2, delta: { type: "input_json_delta", partial_json: '"Bern"}' } },
      { type: "content_block_stop", index: 2 },
      { type: "content_block_start", index: 3, content_block: results },
      { type: "content_block_stop", index: 3 },
      { type: "content_block_start", index: 4, content_block: { type: "text", text: "", citations: [] } },
      { type: "content_block_delta", index: 4, delta: { type: "citations_delta", citation } },
      { type: "content_block_delta", index: 4, delta: { type: "text_delta", text: "In " } },
      {
        type: "content_block_delta",
        index: 4,
        delta: { type: "citations_delta", citation: { ...citation, cited_text: "B" } },
      },
      { type: "content_block_delta", index: 4, delta: { type: "text_delta", text: "Bern." } },
      { type: "content_block_stop", index: 4 },
      { type: "content_block_start", index: 5, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 5, delta: { type: "text_delta", text: "So." } },
      { type: "content_block_stop", index: 5 },
      {
        type: "content_block_start",
        index: 6,
        content_block: { type: "tool_use", id: "toolu_1", name: "clock", input: {} },
      },
      { type: "content_block_delta", index: 6, delta: { type: "input_json_delta", partial_json: "" } },
      { type: "content_block_stop", index: 6 },
      {
        type: "message_delta",
        delta: { stop_reason: "tool_use", stop_sequence: null, container: { id: "container_1", expires_at: "2026" } },
        usage: { output_tokens: 40, input_tokens: null, server_tool_use: { web_search_requests: 1 } },
        context_management: { applied_edits: [] },
      },
      { type: "message_stop" },
    ),
  },
];

const text = {
  type: "output_text",
  text: "In Bern.",
  annotations: [{ type: "file_citation", file_id: "f", index: 1 }],
};
const response = {
  id: "resp_1",
  object: "response",
  created_at: 1,
  completed_at: 2,
  status: "completed",
  error: null,
  incomplete_details: null,
  model: "gpt-5.4",
  output: [
    {
      type: "reasoning",
      id: "rs_1",
      summary: [
        { type: "summary_text", text: "Hm." },
        { type: "summary_text", text: "So." },
      ],
      content: [{ type: "reasoning_text", text: "I think." }],
      encrypted_content: "ZW5j",
    },
    { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "Bern" } },
    { type: "function_call", id: "fc_1", call_id: "call_a", name: "clock", arguments: "{}", status: "completed" },
    { type: "custom_tool_call", id: "ctc_1", call_id: "call_b", name: "sql", input: "SELECT 1" },
    {
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "completed",
      phase: "final_answer",
      content: [
        { ...text, logprobs: [logprob] },
        { type: "refusal", refusal: "No more." },
      ],
    },
  ],
  usage: { input_tokens: 9, output_tokens: 4, total_tokens: 13 },
  store: true,
  billing: { payer: "developer" },
};

const RESPONSES: readonly NativeAnswer[] = [
  {
    name: "items of every kind",
    schema: "responses",
    whole: response,
    stream: named(
      { type: "response.created", response: { ...response, status: "in_progress", output: [] } },
      { type: "response.completed", response },
    ),
  },
  {
    name: "items that the end leaves out",
    schema: "responses",
    whole: response,
    stream: named(
      ...response.output.flatMap((item, output_index) => [
        { type: "response.output_item.added", output_index, item: {} },
        { type: "response.output_item.done", output_index, item },
      ]),
      { type: "response.completed", response: { ...response, output: [] } },
    ),
  },
];

const gemini = { modelVersion: "gemini-3-flash-001", responseId: "g-1" };
const tokens = { promptTokenCount: 9, candidatesTokenCount: 4, totalTokenCount: 13, trafficType: "ON_DEMAND" };
const said = (parts: readonly object[], rest: object = {}, index = 0): object => ({
  candidates: [{ content: { role: "model", parts }, ...rest, index }],
  usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 },
  ...gemini,
});
const grounding = {
  groundingChunks: [{ web: { uri: "https://a.example/", title: "A" } }],
  groundingSupports: [{ segment: { startIndex: 0, endIndex: 3 }, groundingChunkIndices: [0] }],
};
const source = { startIndex: 0, endIndex: 2, uri: "https://b.example/" };

const GOOGLE: readonly NativeAnswer[] = [
  {
    name: "thoughts, signatures, code, sources and two candidates",
    schema: "google",
    whole: {
      candidates: [
        {
          content: {
            role: "model",
            parts: [
              { text: "Hm. Hm.", thought: true },
              { text: "Hi there", thoughtSignature: "c2ln" },
              { executableCode: { language: "PYTHON", code: "1" } },
              { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1" } },
              { functionCall: { name: "clock", args: {} }, thoughtSignature: "c2lnMg==" },
            ],
          },
          finishReason: "STOP",
          safetyRatings: [{ category: "HARM", probability: "LOW" }],
          groundingMetadata: grounding,
          citationMetadata: { citationSources: [source, { ...source, startIndex: 3 }] },
          index: 0,
        },
        { content: { role: "model", parts: [{ text: "Zwei" }] }, finishReason: "MAX_TOKENS", index: 1 },
      ],
      usageMetadata: tokens,
      ...gemini,
    },
    stream: data(
      said([{ text: "Hm.", thought: true }]),
      said([{ text: " Hm.", thought: true }], { safetyRatings: [{ category: "HARM", probability: "NEGLIGIBLE" }] }),
      said([{ text: "Hi" }], { citationMetadata: { citationSources: [source] } }),
      said([{ text: "Zwei" }], {}, 1),
      said([{ text: " there", thoughtSignature: "c2ln" }], {
        citationMetadata: { citationSources: [source, { ...source, startIndex: 3 }] },
      }),
      said([{ executableCode: { language: "PYTHON", code: "1" } }]),
      said([{ codeExecutionResult: { outcome: "OUTCOME_OK", output: "1" } }]),
      said([{ functionCall: { name: "clock", args: {} }, thoughtSignature: "c2lnMg==" }]),
      said([], { finishReason: "MAX_TOKENS" }, 1),
      {
        ...said([{ text: "" }], {
          finishReason: "STOP",
          safetyRatings: [{ category: "HARM", probability: "LOW" }],
          groundingMetadata: grounding,
        }),
        usageMetadata: tokens,
      },
    ),
  },
  {
    name: "a prompt that was blocked",
    schema: "google",
    whole: { promptFeedback: { blockReason: "SAFETY", safetyRatings: [] }, usageMetadata: tokens, ...gemini },
    stream: data({ promptFeedback: { blockReason: "SAFETY", safetyRatings: [] }, usageMetadata: tokens, ...gemini }),
  },
];

export const NATIVE: readonly NativeAnswer[] = [...CHAT, ...COMPLETIONS, ...ANTHROPIC, ...RESPONSES, ...GOOGLE];
