import type { ErrorDetails } from "../mint-server/contract/openai-error.ts";
import type { StreamEvent } from "../mint-server/wire/chat-answer.ts";
import { checkSupport } from "../mint-server/wire/support.ts";
import { encodeWindow, WINDOW_SUPPORT, type WindowPrompt } from "../mint-server/wire/window.ts";
import type { LanguageModelInterface, LanguageModelSession } from "../mint-server/wire/window-api.ts";
import type { WindowCall } from "./local-answer.ts";

/** Told how much of the model is there, from 0 to 1, while the browser downloads it. */
type OnDownload = (loaded: number) => void;

/**
 * Asks the browser's built-in model, in a session of its own: whatever was said before comes with the request.
 *
 * @throws {FieldError} for what it has nothing like.
 */
export function askWindow({ request, signal }: WindowCall, onDownload: OnDownload): AsyncGenerator<StreamEvent> {
  checkSupport(request, WINDOW_SUPPORT);
  const prompt = encodeWindow(request);
  return run({ model: request.model, prompt, signal, onDownload });
}

interface Run {
  readonly model: string;
  readonly prompt: WindowPrompt;
  readonly signal: AbortSignal;
  readonly onDownload: OnDownload;
}

async function* run(asked: Run): AsyncGenerator<StreamEvent> {
  const { prompt, signal, model } = asked;
  let session: LanguageModelSession | undefined;
  let last: StreamEvent;
  yield { type: "start", model };
  try {
    session = await open(asked);
    const { input, responseConstraint } = prompt;
    const stream = session.promptStreaming(input, { signal, ...(responseConstraint && { responseConstraint }) });
    // Read by hand: streams cannot be looped over in every engine, and the API may be a polyfill's.
    const reader = stream.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        if (value !== "") yield { type: "text", choice: 0, text: value };
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
    last = { type: "finish", choice: 0, finish: { reason: "stop" } };
  } catch (error) {
    const name = nameOf(error);
    // The browser held its model's words back.
    const isHeldBack = name === "NotReadableError";
    const finish = { reason: "content_filter" } as const;
    last = isHeldBack ? { type: "finish", choice: 0, finish } : { type: "error", details: detailsOf(error, name) };
  } finally {
    session?.destroy();
  }
  yield last;
  if (last.type === "finish") yield { type: "end" };
}

async function open({ prompt, signal, onDownload }: Run): Promise<LanguageModelSession> {
  const { LanguageModel } = globalThis as { readonly LanguageModel?: LanguageModelInterface };
  if (!LanguageModel) throw new Unavailable(NO_API);
  const { options, initialPrompts } = prompt;
  const availability = await LanguageModel.availability(options);
  if (availability === "unavailable") throw new Unavailable(NOT_HERE);
  const isThere = availability === "available";
  try {
    return await LanguageModel.create({
      ...options,
      initialPrompts,
      signal,
      ...(!isThere && {
        monitor: (monitor) =>
          monitor.addEventListener("downloadprogress", ({ loaded, total }) => onDownload(loaded / (total || 1))),
      }),
    });
  } catch (error) {
    throw unavailable(nameOf(error), isThere) ?? error;
  }
}

/** Why there is no session, where that is no matter of this one request. */
function unavailable(name: string, isThere: boolean): Unavailable | undefined {
  switch (name) {
    case "NotAllowedError":
      return new Unavailable(isThere ? NOT_ALLOWED : NO_CLICK);
    case "NotSupportedError":
      return new Unavailable(NOT_HERE);
    case "NetworkError":
      return new Unavailable(
        "The download of the browser's built-in model failed. Send the request again to go on with it.",
      );
    default:
      return undefined;
  }
}

class Unavailable extends Error {}

const NO_API =
  "There is no built-in model here: this browser has none, or this is a worker, or a page of no secure origin. Chrome 148 or later has one, on a desktop computer.";
const NOT_HERE =
  "This browser's built-in model cannot run on this device, or not with what the request holds. Chrome needs 22 GB of free disk space, and a graphics card with more than 4 GB or 16 GB of memory; see chrome://on-device-internals.";
const NO_CLICK =
  "The browser's built-in model must be downloaded first, which browsers begin only after a click or a key in the page. Send the request again from there.";
const NOT_ALLOWED =
  "The browser's built-in model may not be used here: a setting, or the permissions policy `language-model`, forbids it.";

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

const INVALID = "invalid_request_error";

function detailsOf(error: unknown, name: string): ErrorDetails {
  if (error instanceof Unavailable) {
    return { message: error.message, type: INVALID, param: "model", code: "model_unavailable" };
  }
  switch (name) {
    case "QuotaExceededError": {
      const message = "The conversation is longer than the browser's built-in model can hold. Send less of it.";
      return { message, type: INVALID, param: "messages", code: "context_length_exceeded" };
    }
    case "NotSupportedError": {
      const message =
        "The browser's built-in model does not know this language, this kind of content or this JSON Schema.";
      return { message, type: INVALID, code: "unsupported_content" };
    }
    default:
      return { message: "The browser's built-in model failed.", type: "server_error", code: "model_failed" };
  }
}
