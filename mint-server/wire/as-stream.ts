/** Body of a streaming request for an endpoint that cannot stream. Everything else in it stays as it was. */
export function withoutStreaming(body: Readonly<Record<string, unknown>>): string {
  const { stream: _stream, stream_options: _options, ...rest } = body;
  return JSON.stringify(rest);
}

/**
 * A whole chat or text completion as the event stream that a streaming caller waits for: a chunk with each choice's
 * content, one with its finish reason, the usage if it was asked for, `[DONE]`. Undefined if it is no completion.
 */
export function asStream(
  completion: unknown,
  { includeUsage }: { readonly includeUsage: boolean },
): string | undefined {
  if (!isObject(completion) || !Array.isArray(completion.choices)) return undefined;
  const { choices, usage, object, ...rest } = completion;
  if (!choices.every(isObject)) return undefined;
  const isChat = object !== "text_completion";
  const envelope = { ...rest, object: isChat ? "chat.completion.chunk" : object };
  const chunks = choices
    .flatMap((choice: Record<string, unknown>) => (isChat ? chatChunks(choice) : [choice]))
    .map((choice) => ({ ...envelope, choices: [choice] }));
  const last = includeUsage && usage !== undefined ? [{ ...envelope, choices: [], usage }] : [];
  return `${[...chunks, ...last].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join("")}data: [DONE]\n\n`;
}

function chatChunks({ message, finish_reason, ...choice }: Record<string, unknown>): object[] {
  const delta = isObject(message) ? { ...message, ...indexedToolCalls(message.tool_calls) } : {};
  return [
    { ...choice, delta, finish_reason: null },
    { index: choice.index, delta: {}, finish_reason },
  ];
}

/** In a stream a tool call is told from another by its index. */
function indexedToolCalls(calls: unknown): object {
  return Array.isArray(calls) ? { tool_calls: calls.map((call: object, index) => ({ index, ...call })) } : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
