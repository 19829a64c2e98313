import type OpenAI from "openai";
import { Stream } from "openai/streaming";
import { HEADER } from "../../mint-server/contract/headers.ts";
import { app } from "../state/app.ts";
import { describeFailure, type Failure, serverMessage } from "../state/failure.ts";
import { watchRequest } from "../state/gate.ts";
import { connect } from "../state/openai.ts";
import { openCall, type TokenUse } from "../usage/calls.ts";
import { collect, type Gathered, NOTHING } from "./collect.ts";
import { headOf, recorded, refusalText } from "./raw.ts";
import { bodyAfterTools, bodyOf } from "./request.ts";
import { changeRun, playground } from "./state.ts";
import type { ChatBody, Run } from "./types.ts";

const running = new Map<string, AbortController>();

/** Asks every column's model the same, at once. */
export function runAll(): void {
  stopAll();
  const { setup, pictures } = playground.get();
  const columns = setup.models.map((model) => [newRun(bodyOf(setup, pictures, model), setup.cache)] as const);
  playground.patch({ columns });
  for (const [run] of columns) void follow(run);
}

/** Asks one column's model once more, where it has answered or failed. */
export function runAgain(run: Run): void {
  const next = newRun(run.body, run.cache);
  if (changeRun(run.id, () => next)) void follow(next);
}

/** Goes on after tool calls. */
export function giveResults(run: Run, results: Readonly<Record<string, string>>): void {
  const next = newRun(bodyAfterTools(run, results), run.cache);
  const { columns } = playground.get();
  playground.patch({
    columns: columns.map((column) => (column.at(-1)?.id === run.id ? [...column, next] : column)),
  });
  void follow(next);
}

/** Stops what is under way; what has arrived stays. */
export function stopAll(): void {
  for (const controller of running.values()) controller.abort();
}

function newRun(body: ChatBody, cache: Run["cache"]): Run {
  const nothing = { state: "waiting", text: "", thoughts: "", toolCalls: [], raw: "" } as const;
  return { id: crypto.randomUUID(), body, cache, startedAt: Date.now(), ...nothing };
}

async function follow({ id, body, cache }: Run): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  const change = (part: Partial<Run>): void => {
    // Nobody reads a column that was taken away.
    if (!changeRun(id, (run) => ({ ...run, ...part }))) controller.abort();
  };
  const prices = app.get().models.find((model) => model.id === body.model);
  const call = openCall(body.model, prices);
  watchRequest(id, (receipt) => {
    call.saw(receipt);
    changeRun(id, (run) => ({ ...run, receipt }));
  });
  try {
    const headers = { [HEADER.requestId]: id, [HEADER.useCache]: cache };
    await read(await open(body, headers, controller.signal), { controller, change, used: call.used });
    change({ state: controller.signal.aborted ? "stopped" : "complete" });
  } catch (error) {
    if (controller.signal.aborted) change({ state: "stopped" });
    else {
      const failure = await describeFailure(error);
      const raw = failure.refusal ? refusalText(failure.refusal) : "";
      const problem = { ...failure.problem, advice: adviceOn(failure) };
      changeRun(id, (run) => ({ ...run, state: "failed", problem, raw: run.raw || raw }));
    }
  } finally {
    call.over();
    running.delete(id);
  }
}

/** Here people want to know what the server said, and nothing waits for it. */
function adviceOn({ problem, refusal }: Failure): string {
  if (problem.remedy === "queue") return "Run it again once the server is back.";
  const said = refusal && serverMessage(refusal);
  return said && said !== problem.advice ? `${problem.advice} The server said: ${said}` : problem.advice;
}

type Headers = Readonly<Record<string, string>>;

async function open(body: ChatBody, headers: Headers, signal: AbortSignal): Promise<Response> {
  const openai = await connect();
  // The page shows what fails, and does not try again behind the person's back.
  return openai.chat.completions.create(body, { signal, headers, maxRetries: 0 }).asResponse();
}

interface Reading {
  readonly controller: AbortController;
  readonly change: (part: Partial<Run>) => void;
  readonly used: (tokens: TokenUse) => void;
}

/** Shows the pieces once a frame, however many came in it. */
async function read(response: Response, { controller, change, used }: Reading): Promise<void> {
  let raw = headOf(response);
  let gathered: Gathered = NOTHING;
  let frame = 0;
  const show = (): void => {
    frame = 0;
    change({ state: "streaming", ...gathered, raw });
  };
  const body = recorded(response, (text) => {
    raw += text;
  });
  try {
    for await (const chunk of Stream.fromSSEResponse<OpenAI.ChatCompletionChunk>(body, controller)) {
      gathered = collect(gathered, chunk);
      frame ||= requestAnimationFrame(show);
    }
  } finally {
    cancelAnimationFrame(frame);
    show();
    if (gathered.used) used(gathered.used);
  }
}
