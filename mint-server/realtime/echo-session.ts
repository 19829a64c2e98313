import { type Fields, fieldsOf } from "./events.ts";
import { merged } from "./locks.ts";

/** OpenAI's session (GA), as far as an echo has one. */
export interface EchoSession {
  /** As the client is shown it. */
  fields(): Fields;
  /** Takes a `session.update`; what an echo has no use for is kept, and shown. */
  update(session: Fields): void;
  readonly speaks: boolean;
  /** `undefined` where the client says itself where a turn ends. */
  readonly turns: EchoTurns | undefined;
  /** Whether the client wants to be told what it said. */
  readonly transcribes: boolean;
}

export interface EchoTurns {
  readonly threshold: number;
  readonly silenceMs: number;
  readonly prefixMs: number;
  readonly answers: boolean;
  readonly interrupts: boolean;
}

const FORMAT = { type: "audio/pcm", rate: 24_000 };
const TURNS = {
  type: "server_vad",
  threshold: 0.5,
  prefix_padding_ms: 300,
  silence_duration_ms: 500,
  create_response: true,
  interrupt_response: true,
};

export function createEchoSession(model: string): EchoSession {
  let session: Fields = {
    type: "realtime",
    object: "realtime.session",
    id: `sess_${crypto.randomUUID().replaceAll("-", "")}`,
    model,
    output_modalities: ["audio"],
    instructions: "",
    tools: [],
    tool_choice: "auto",
    max_output_tokens: "inf",
    tracing: null,
    include: null,
    audio: {
      input: { format: FORMAT, transcription: null, noise_reduction: null, turn_detection: TURNS },
      output: { format: FORMAT, voice: "echo", speed: 1 },
    },
  };
  const input = (): Fields => fieldsOf(fieldsOf(session.audio).input);
  return {
    fields: () => session,
    update(update) {
      session = { ...merged(session, update), type: "realtime", model };
    },
    get speaks() {
      const { output_modalities: modalities } = session;
      return !Array.isArray(modalities) || modalities.includes("audio");
    },
    get turns() {
      const { turn_detection: turns } = input();
      return typeof turns === "object" && turns !== null ? turnsOf(fieldsOf(turns)) : undefined;
    },
    get transcribes() {
      const { transcription } = input();
      return typeof transcription === "object" && transcription !== null;
    },
  };
}

function turnsOf(turns: Fields): EchoTurns {
  return {
    threshold: within(turns.threshold, { least: 0, most: 1, usual: TURNS.threshold }),
    silenceMs: within(turns.silence_duration_ms, { least: 100, most: 10_000, usual: TURNS.silence_duration_ms }),
    prefixMs: within(turns.prefix_padding_ms, { least: 0, most: 2000, usual: TURNS.prefix_padding_ms }),
    answers: turns.create_response !== false,
    interrupts: turns.interrupt_response !== false,
  };
}

function within(value: unknown, { least, most, usual }: { least: number; most: number; usual: number }): number {
  return typeof value === "number" && Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : usual;
}

/** Whether both sides speak 24 kHz PCM: an echo knows no other. */
export function isPcm(update: Fields): boolean {
  const audio = fieldsOf(update.audio);
  return [audio.input, audio.output].every((side) => {
    const { format } = fieldsOf(side);
    return format === undefined || fieldsOf(format).type === "audio/pcm";
  });
}
