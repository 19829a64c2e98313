import type OpenAI from "openai";
import { HEADER } from "../../mint-server/contract/headers.ts";
import { openCall, type TokenUse } from "../usage/calls.ts";
import { app } from "./app.ts";
import { putAnswer, putConversation } from "./conversations.ts";
import { describeFailure } from "./failure.ts";
import { watchRequest } from "./gate.ts";
import { connect, isBuiltIn, loadModels } from "./openai.ts";
import type { Answer, Conversation, Turn } from "./types.ts";

const running = new Map<string, AbortController>();

/** True while an answer of this conversation is under way. */
export function isAnswering(conversation: Conversation): boolean {
  const state = conversation.turns.at(-1)?.answer.state;
  return state === "waiting" || state === "streaming";
}

/** Asks a new question in the open conversation. */
export function ask(question: string): void {
  const { current } = app.get();
  send(current, current.turns, question);
}

/** Asks a turn's question again, or a changed one in its place. All that came after is dropped. */
export function askAgain(turnId: string, question?: string): void {
  const { current } = app.get();
  const at = current.turns.findIndex((turn) => turn.id === turnId);
  const turn = current.turns[at];
  if (!turn) return;
  // Whoever has an answer and asks again wants another one.
  const how = question === undefined && turn.answer.state === "complete" ? ANEW : {};
  send(current, current.turns.slice(0, at), question ?? turn.question, how);
}

/** Has a turn's question wait for the server, which could not be reached. */
export function queueQuestion(turnId: string): void {
  const { current } = app.get();
  const at = current.turns.findIndex((turn) => turn.id === turnId);
  const turn = current.turns[at];
  if (turn) send(current, current.turns.slice(0, at), turn.question, QUEUE);
}

/** Asks once more, in its place, what waited for the server: if it was delivered, its answer is in the cache. */
export function askQueued(conversationId: string, turnId: string): void {
  const conversation = app.get().conversations.find(({ id }) => id === conversationId);
  const at = conversation?.turns.findIndex((turn) => turn.id === turnId) ?? -1;
  const turn = conversation?.turns[at];
  if (!conversation || !turn || running.has(conversationId)) return;
  const { model, builtIn } = turn.answer;
  putAnswer(conversationId, turnId, () => ({ state: "waiting", text: "", model, builtIn }));
  const settings = { ...conversation.settings, model };
  void answer({ ...conversation, settings, turns: conversation.turns.slice(0, at + 1) }, turnId, QUEUE);
}

type Orders = Readonly<Record<string, string>>;

/** Not what a cache has. */
const ANEW: Orders = { "cache-control": "no-cache" };
const QUEUE: Orders = { [HEADER.offline]: "queue" };

/** Stops the open conversation's answer; what has arrived stays. */
export function stop(): void {
  running.get(app.get().current.id)?.abort();
}

function send(conversation: Conversation, before: readonly Turn[], question: string, how: Orders = {}): void {
  if (running.has(conversation.id)) return;
  const { model } = conversation.settings;
  const turn: Turn = {
    id: crypto.randomUUID(),
    question,
    answer: { state: "waiting", text: "", model, builtIn: isBuiltIn(model) },
  };
  const title = conversation.title || question.split("\n", 1)[0]?.slice(0, 80) || "Conversation";
  const next = { ...conversation, title, updatedAt: Date.now(), turns: [...before, turn] };
  putConversation(next);
  app.patch({ selectedTurn: undefined });
  void answer(next, turn.id, how);
}

async function answer(conversation: Conversation, turnId: string, how: Orders): Promise<void> {
  const controller = new AbortController();
  running.set(conversation.id, controller);
  const change: Change = (to) => {
    // Nobody waits for the answer in a deleted conversation.
    if (!putAnswer(conversation.id, turnId, to)) controller.abort();
  };
  const requestId = crypto.randomUUID();
  const { model } = conversation.settings;
  const call = openCall(
    model,
    app.get().models.find(({ id }) => id === model),
  );
  watchRequest(requestId, (receipt) => {
    call.saw(receipt);
    change((before) => ({ ...before, receipt }));
  });
  try {
    // Only so that the panel finds this request's events among those of all tabs.
    const headers = { [HEADER.requestId]: requestId, [HEADER.useCache]: "always", ...how };
    await readStream(await openStream(conversation, headers, controller.signal), change, call.used);
    // The SDK ends an aborted stream quietly.
    change((before) => ({ ...before, state: controller.signal.aborted ? "stopped" : "complete" }));
    if (app.get().models.length === 0) void loadModels();
  } catch (error) {
    if (controller.signal.aborted) change((before) => ({ ...before, state: "stopped" }));
    else {
      const { problem, queued } = await describeFailure(error);
      change((before) => ({ ...before, state: "failed", problem, ...(queued && { queued }) }));
    }
  } finally {
    call.over();
    running.delete(conversation.id);
  }
}

type Change = (to: (answer: Answer) => Answer) => void;

type ChatStream = AsyncIterable<OpenAI.ChatCompletionChunk>;

async function openStream(
  { settings, turns }: Conversation,
  headers: Orders,
  signal: AbortSignal,
): Promise<ChatStream> {
  const openai = await connect();
  const { model, temperature } = settings;
  return openai.chat.completions.create(
    {
      model,
      messages: toMessages(settings.system, turns),
      stream: true,
      stream_options: { include_usage: true },
      ...(temperature !== null && { temperature }),
    },
    {
      signal,
      // The mint-server has tried other endpoints by then; a person is told at once and asks again if they want to.
      maxRetries: 0,
      headers,
    },
  );
}

function toMessages(system: string, turns: readonly Turn[]): OpenAI.ChatCompletionMessageParam[] {
  const messages: OpenAI.ChatCompletionMessageParam[] = [];
  if (system.trim()) messages.push({ role: "system", content: system });
  for (const { question, answer } of turns) {
    messages.push({ role: "user", content: question });
    if (answer.text) messages.push({ role: "assistant", content: answer.text });
  }
  return messages;
}

/** Shows the pieces once a frame, however many came in it. */
async function readStream(stream: ChatStream, change: Change, used: (tokens: TokenUse) => void): Promise<void> {
  let text = "";
  let cut: Answer["cut"];
  let frame = 0;
  const show = (): void => {
    frame = 0;
    change((before) => ({ ...before, state: "streaming", text, ...(cut && { cut }) }));
  };
  try {
    for await (const { choices, usage } of stream) {
      if (usage) used({ input: usage.prompt_tokens, output: usage.completion_tokens });
      const choice = choices[0];
      text += choice?.delta?.content ?? "";
      if (choice?.finish_reason === "length" || choice?.finish_reason === "content_filter") cut = choice.finish_reason;
      if (text || cut) frame ||= requestAnimationFrame(show);
    }
  } finally {
    cancelAnimationFrame(frame);
    if (text || cut) show();
  }
}
