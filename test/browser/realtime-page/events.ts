import { base64, pcm, type Talk, WEATHER } from "./talk.ts";

export interface Sender {
  send(event: object): void;
  close(): void;
}

type RealtimeEvent = { readonly type: string; readonly [field: string]: unknown };

/** A conversation over bare events (GA): answers calls of the function, and counts what comes. */
export function createTalk(
  { send, close }: Sender,
  listen: (take: (event: RealtimeEvent) => void) => void,
): Talk & { readonly ready: Promise<void> } {
  let said = "";
  let heard = 0;
  let begun = 0;
  let interruptions = 0;
  const errors: string[] = [];
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const takers: Readonly<Record<string, (event: RealtimeEvent) => void>> = {
    "session.created"() {
      send({ type: "session.update", session: { type: "realtime", tools: [{ type: "function", ...WEATHER }] } });
      resolve();
    },
    "response.created": () => void begun++,
    "response.output_audio_transcript.done"({ transcript }) {
      said += `${String(transcript)}\n`;
    },
    "response.output_audio.delta"({ delta }) {
      heard += atob(String(delta)).length;
    },
    "response.function_call_arguments.done"({ call_id }) {
      send({
        type: "conversation.item.create",
        item: { type: "function_call_output", call_id, output: "rain in Paris" },
      });
    },
    "response.done"({ response }) {
      const { status, output } = response as { readonly status: string; readonly output: { readonly type: string }[] };
      if (status === "cancelled") interruptions++;
      if (output.some(({ type }) => type === "function_call")) send({ type: "response.create" });
    },
    error: ({ error }) => void errors.push(JSON.stringify(error)),
  };
  listen((event) => takers[event.type]?.(event));
  return {
    ready,
    write(text) {
      const item = { type: "message", role: "user", content: [{ type: "input_text", text }] };
      send({ type: "conversation.item.create", item });
      send({ type: "response.create" });
    },
    speak({ pause }) {
      send({ type: "input_audio_buffer.append", audio: base64(pcm(400)) });
      if (pause) send({ type: "input_audio_buffer.append", audio: base64(pcm(400, true)) });
    },
    interrupt: () => send({ type: "response.cancel" }),
    said: () => said,
    heard: async () => heard,
    begun: () => begun,
    interruptions: () => interruptions,
    errors: () => errors,
    close,
  };
}
