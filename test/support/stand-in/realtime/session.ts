import { type Fields, fieldsOf } from "../../../../mint-server/realtime/events.ts";
import { merged } from "../../../../mint-server/realtime/locks.ts";
import { type Answering, answerSteps, responseOf, type Script, secondsOf, textOf } from "./answer.ts";
import { type ClientEvent, clientEvent, type Item, type ResponseParameters } from "./schemas.ts";
import { createVoiceDetector } from "./voice.ts";

/** One session of the stand-in: what it makes of a client's events. */
export interface StandInSession {
  readonly config: () => Fields;
  start(): void;
  take(text: string): void;
  /** Nothing is sent any more. */
  stop(): void;
}

export interface SessionPorts {
  readonly send: (event: Fields & { readonly type: string }) => void;
  readonly cut: () => void;
  readonly close: (code: number, reason: string) => void;
  /** The next response's orders, if there are any. */
  readonly nextScript: () => Script | undefined;
}

export interface SessionOptions extends SessionPorts {
  readonly model: string | null;
  readonly type: "realtime" | "transcription";
}

let count = 0;
const newId = (prefix: string): string => `${prefix}_${(++count).toString(36).padStart(8, "0")}`;

const DEFAULT_TURNS = {
  type: "server_vad",
  threshold: 0.5,
  prefix_padding_ms: 300,
  silence_duration_ms: 200,
  idle_timeout_ms: null,
  create_response: true,
  interrupt_response: true,
};

export function createSession({ model, type, send, cut, close, nextScript }: SessionOptions): StandInSession {
  let config: Fields = initialConfig(type, model);
  const items = new Map<string, Fields>();
  const voice = createVoiceDetector();
  let active: { readonly responseId: string; readonly answering: Answering; timer?: NodeJS.Timeout } | undefined;
  let isOver = false;
  let inputTokens = { text: 40, audio: 0 };

  const tell = (event: Fields & { readonly type: string }): void => {
    if (!isOver) send({ event_id: newId("event"), ...event });
  };
  const fail = (message: string, { code, param = null, cause }: Problem): void =>
    tell({ type: "error", error: { type: "invalid_request_error", code, message, param, event_id: cause ?? null } });

  const addItem = (item: Fields): void => {
    items.set(String(item.id), item);
    tell({ type: "conversation.item.added", previous_item_id: null, item });
    tell({ type: "conversation.item.done", previous_item_id: null, item });
  };

  const respond = (parameters: ResponseParameters, cause?: string): void => {
    const isInBand = parameters.conversation !== "none";
    if (active && isInBand) {
      const code = "conversation_already_has_active_response";
      fail("Conversation already has an active response in progress.", { code, cause });
      return;
    }
    const script = { ...scriptFor(items, config, parameters), ...nextScript() };
    const responseId = newId("resp");
    const [modality = "audio"] = parameters.output_modalities ?? (config.output_modalities as ["text" | "audio"]);
    const usage = usageOf(inputTokens, { script, modality });
    const answering: Answering = {
      responseId,
      itemId: newId("item"),
      modality,
      script,
      session: config,
      parameters,
      usage,
    };
    const current: NonNullable<typeof active> = { responseId, answering };
    if (isInBand) active = current;
    play(current, () => {
      if (active === current) active = undefined;
      if (!isInBand) return;
      const { text_tokens: text = 0, audio_tokens: audio = 0 } = fieldsOf(usage.output_token_details) as Record<
        string,
        number
      >;
      inputTokens = { text: inputTokens.text + text, audio: inputTokens.audio + audio };
    });
  };

  const play = (current: NonNullable<typeof active>, done: () => void): void => {
    const { script } = current.answering;
    const steps = answerSteps(current.answering);
    let deltas = 0;
    const next = (): void => {
      // Not `for … of`, which would end the steps when it is left.
      for (let step = steps.next(); !step.done; step = steps.next()) {
        const { event, isDelta } = step.value;
        if (isOver || (isDelta && current !== active && active !== undefined)) return;
        tell(event);
        if (event.type === "response.output_item.added" || event.type === "response.output_item.done")
          items.set(current.answering.itemId, fieldsOf(event.item));
        if (!isDelta) continue;
        deltas += 1;
        if (script.after && deltas >= script.after.deltas) {
          interrupted(script.after.then);
          return;
        }
        if (script.everyMs !== undefined) {
          current.timer = setTimeout(next, script.everyMs);
          return;
        }
      }
      done();
    };
    next();
  };
  const interrupted = (how: NonNullable<Script["after"]>["then"]): void => {
    if (how === "cut") cut();
    else if (how !== "stall") close(how.code, how.reason);
  };

  const cancel = (cause?: string): void => {
    if (!active) {
      if (cause !== "vad")
        fail("Cancellation failed: no active response found.", { code: "response_cancel_not_active", cause });
      return;
    }
    const { answering, timer } = active;
    clearTimeout(timer);
    active = undefined;
    const reason = cause === "vad" ? "turn_detected" : "client_cancelled";
    const response = { ...responseOf(answering, "cancelled", []), status_details: { type: "cancelled", reason } };
    tell({ type: "response.done", response });
  };

  const commit = (milliseconds: number): void => {
    const id = newId("item");
    inputTokens = { ...inputTokens, audio: inputTokens.audio + Math.ceil(milliseconds / 100) };
    tell({ type: "input_audio_buffer.committed", previous_item_id: null, item_id: id });
    const part = { type: "input_audio", transcript: null };
    addItem({ id, object: "realtime.item", type: "message", status: "completed", role: "user", content: [part] });
    const { transcription } = fieldsOf(fieldsOf(config.audio).input);
    if (transcription)
      tell({
        type: "conversation.item.input_audio_transcription.completed",
        item_id: id,
        content_index: 0,
        transcript: "what was said",
        usage: { type: "tokens", input_tokens: 10, output_tokens: 4, total_tokens: 14 },
      });
  };

  const hear = (audio: string): void => {
    const { turn_detection: turns } = fieldsOf(fieldsOf(config.audio).input);
    for (const heard of voice.hear(Buffer.from(audio, "base64"), fieldsOf(turns))) {
      if (!turns) continue;
      const item_id = newId("item");
      if (heard.kind === "started") {
        tell({ type: "input_audio_buffer.speech_started", audio_start_ms: heard.atMs, item_id });
        if (fieldsOf(turns).interrupt_response !== false) cancel("vad");
        continue;
      }
      tell({ type: "input_audio_buffer.speech_stopped", audio_end_ms: heard.atMs, item_id });
      commit(heard.lengthMs);
      if (type === "realtime" && fieldsOf(turns).create_response !== false) respond({});
    }
  };

  const obey = (event: ClientEvent): unknown => {
    const cause = event.event_id;
    switch (event.type) {
      case "session.update": {
        if (event.session.type !== type)
          return fail(`Passing a ${event.session.type} session to a ${type} session.`, {
            code: "invalid_parameter",
            param: "session.type",
            cause,
          });
        const { model: _, ...update } = event.session as Fields;
        config = merged(config, update);
        return tell({ type: "session.updated", session: config });
      }
      case "input_audio_buffer.append":
        return hear(event.audio);
      case "input_audio_buffer.clear":
        voice.clear();
        return tell({ type: "input_audio_buffer.cleared" });
      case "input_audio_buffer.commit": {
        const length = voice.clear();
        if (length < 100)
          return fail("Error committing input audio buffer: buffer too small.", {
            code: "input_audio_buffer_commit_empty",
            cause,
          });
        return commit(length);
      }
      case "conversation.item.create": {
        const text = JSON.stringify(event.item);
        inputTokens = { ...inputTokens, text: inputTokens.text + Math.ceil(text.length / 4) };
        return addItem(stored(event.item));
      }
      case "conversation.item.retrieve":
      case "conversation.item.delete":
      case "conversation.item.truncate": {
        const item = items.get(event.item_id);
        if (!item) return fail("Item not found.", { code: "item_not_found", param: "item_id", cause });
        if (event.type === "conversation.item.retrieve") return tell({ type: "conversation.item.retrieved", item });
        const { type: _, event_id: __, ...fields } = event;
        return tell({
          ...fields,
          type: event.type === "conversation.item.delete" ? "conversation.item.deleted" : "conversation.item.truncated",
        });
      }
      case "response.create":
        return respond(event.response ?? {}, cause);
      case "response.cancel":
        return cancel(cause);
    }
  };

  return {
    config: () => config,
    start: () => tell({ type: "session.created", session: config }),
    take(text) {
      const parsed = parse(text);
      if (parsed.problem) return fail(parsed.problem.message, parsed.problem);
      obey(parsed.event);
    },
    stop() {
      isOver = true;
      clearTimeout(active?.timer);
    },
  };
}

interface Problem {
  readonly code: string;
  readonly param?: string | null;
  readonly cause?: string | undefined;
}

type Parsed =
  | { readonly event: ClientEvent; readonly problem?: undefined }
  | { readonly problem: Problem & { readonly message: string } };

function parse(text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: { code: "invalid_json", message: "We could not parse the JSON body of your event." } };
  }
  const parsed = clientEvent.safeParse(value);
  if (parsed.success) return { event: parsed.data };
  const cause = fieldsOf(value).event_id as string | undefined;
  const [issue] = parsed.error.issues;
  const at = issue?.path.join(".") ?? "";
  if (issue?.code === "unrecognized_keys") {
    const param = [at, issue.keys[0]].filter(Boolean).join(".");
    return { problem: { code: "unknown_parameter", message: `Unknown parameter: '${param}'.`, param, cause } };
  }
  if (at === "session.type" && fieldsOf(fieldsOf(value).session).type === undefined)
    return {
      problem: {
        code: "missing_required_parameter",
        message: "Missing required parameter: 'session.type'.",
        param: at,
        cause,
      },
    };
  return { problem: { code: "invalid_value", message: `Invalid value: '${at}': ${issue?.message}`, param: at, cause } };
}

function initialConfig(type: SessionOptions["type"], model: string | null): Fields {
  const input = {
    format: { type: "audio/pcm", rate: 24_000 },
    transcription: null,
    noise_reduction: null,
    turn_detection: DEFAULT_TURNS,
  };
  const common = {
    type,
    object: type === "realtime" ? "realtime.session" : "realtime.transcription_session",
    id: newId("sess"),
  };
  if (type === "transcription") return { ...common, audio: { input }, include: null };
  return {
    ...common,
    model,
    instructions: "Your knowledge cutoff is 2023-10.",
    output_modalities: ["audio"],
    tools: [],
    tool_choice: "auto",
    max_output_tokens: "inf",
    tracing: null,
    audio: { input, output: { format: { type: "audio/pcm", rate: 24_000 }, voice: "alloy", speed: 1 } },
  };
}

function stored(item: Item): Fields {
  return { object: "realtime.item", status: "completed", ...item, id: item.id ?? newId("item") };
}

/** Without orders it calls the function that the user names (`call:weather`), and else answers. */
function scriptFor(
  items: ReadonlyMap<string, Fields>,
  config: Fields,
  { tools = config.tools as ResponseParameters["tools"] }: ResponseParameters,
): Script {
  const last = [...items.values()].at(-1);
  if (last?.type === "function_call_output") return { text: `The tool said ${String(last.output)}.` };
  const text = JSON.stringify(last?.content ?? "");
  const name = /call:(\w+)/.exec(text)?.[1];
  const tool = name && tools?.find((each) => "name" in each && each.name === name);
  return tool ? { call: { name: String(tool.name), arguments: '{"city":"Paris"}' } } : {};
}

function usageOf(
  { text, audio }: { readonly text: number; readonly audio: number },
  { script, modality }: { readonly script: Script; readonly modality: "text" | "audio" },
): Fields {
  const spoken = modality === "audio" && !script.call ? Math.ceil(secondsOf(script) * 20) : 0;
  const written = Math.ceil((script.call?.arguments ?? textOf(script)).length / 4);
  return {
    total_tokens: text + audio + spoken + written,
    input_tokens: text + audio,
    output_tokens: spoken + written,
    input_token_details: {
      text_tokens: text,
      audio_tokens: audio,
      image_tokens: 0,
      cached_tokens: 0,
      cached_tokens_details: { text_tokens: 0, audio_tokens: 0, image_tokens: 0 },
    },
    output_token_details: { text_tokens: written, audio_tokens: spoken },
  };
}
