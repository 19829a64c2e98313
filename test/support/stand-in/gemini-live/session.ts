import { type Fields, fieldsOf } from "../../../../mint-server/realtime/events.ts";

/** How the model answers. */
export interface LiveOrders {
  /** Milliseconds between pieces of an answer; as fast as it goes unless given. */
  readonly everyMs?: number | undefined;
  readonly usage?: Fields | undefined;
}

export interface LiveSession {
  take(message: Fields): void;
  heardBytes(): number;
  stop(): void;
}

interface LiveParts {
  readonly send: (message: object) => void;
  readonly orders: LiveOrders;
}

/** 100 ms of 24 kHz PCM. */
const VOICE = Buffer.alloc(4800, "\x10\x01").toString("base64");
const PIECES = 3;
const USAGE = {
  promptTokenCount: 120,
  responseTokenCount: 60,
  totalTokenCount: 180,
  promptTokensDetails: [
    { modality: "TEXT", tokenCount: 20 },
    { modality: "AUDIO", tokenCount: 100 },
  ],
  responseTokensDetails: [{ modality: "AUDIO", tokenCount: 60 }],
};

/** One session. Sound that is not silent is the user's turn, silence after it its end; `call:name` in a text calls a function. */
export function createLiveSession({ send, orders }: LiveParts): LiveSession {
  let setup: Fields = {};
  let heard = 0;
  let isSpeaking = false;
  let pending = 0;
  let timer: NodeJS.Timeout | undefined;

  const speaks = (): boolean =>
    JSON.stringify(fieldsOf(setup.generationConfig).responseModalities ?? ["AUDIO"]).includes("AUDIO");
  const usage = (): Fields => orders.usage ?? USAGE;
  const finish = (): void => {
    pending = 0;
    send({ serverContent: { generationComplete: true } });
    send({ serverContent: { turnComplete: true }, usageMetadata: usage() });
  };
  const piece = (index: number): Fields => {
    const text = ["Hello", " from", " Gemini."][index] ?? "";
    if (!speaks()) return { modelTurn: { role: "model", parts: [{ text }] } };
    return {
      modelTurn: { role: "model", parts: [{ inlineData: { mimeType: "audio/pcm;rate=24000", data: VOICE } }] },
      ...(setup.outputAudioTranscription !== undefined && { outputTranscription: { text } }),
    };
  };
  const answer = (): void => {
    pending = PIECES;
    const next = (): void => {
      for (; pending > 0; ) {
        send({ serverContent: piece(PIECES - pending) });
        pending -= 1;
        if (orders.everyMs === undefined) continue;
        timer = setTimeout(next, orders.everyMs);
        return;
      }
      finish();
    };
    next();
  };
  const interrupt = (): void => {
    if (pending === 0) return;
    clearTimeout(timer);
    pending = 0;
    send({ serverContent: { interrupted: true } });
    send({ serverContent: { turnComplete: true }, usageMetadata: usage() });
  };
  const spoken = (): void => {
    isSpeaking = false;
    if (setup.inputAudioTranscription !== undefined)
      send({ serverContent: { inputTranscription: { text: "What is up?" } } });
    answer();
  };
  const hear = (data: string): void => {
    const bytes = Buffer.from(data, "base64");
    heard += bytes.length;
    const { disabled } = fieldsOf(fieldsOf(setup.realtimeInputConfig).automaticActivityDetection);
    if (disabled === true) return;
    const isVoice = bytes.some((byte) => byte !== 0);
    if (isVoice && !isSpeaking) {
      isSpeaking = true;
      interrupt();
    }
    // The filter's tail is no voice of its own.
    if (bytes.subarray(bytes.length / 2).every((byte) => byte === 0) && isSpeaking) spoken();
  };
  const read = ({ turns, turnComplete }: Fields): void => {
    interrupt();
    if (turnComplete !== true) return;
    const called = /call:(\w+)/.exec(JSON.stringify(turns ?? ""))?.[1];
    if (called === undefined) {
      answer();
      return;
    }
    send({
      toolCall: { functionCalls: [{ id: `function-call-${heard}`, name: called, args: { city: "Oslo" } }] },
      usageMetadata: usage(),
    });
  };

  return {
    heardBytes: () => heard,
    stop: () => clearTimeout(timer),
    take(message) {
      if (message.setup !== undefined) {
        setup = fieldsOf(message.setup);
        send({ setupComplete: {} });
        return;
      }
      const { audio, activityStart, activityEnd, text } = fieldsOf(message.realtimeInput);
      const { data } = fieldsOf(audio);
      if (typeof data === "string") hear(data);
      if (activityStart !== undefined) interrupt();
      if (activityEnd !== undefined || text !== undefined) spoken();
      if (message.clientContent !== undefined) read(fieldsOf(message.clientContent));
      if (message.toolResponse !== undefined) answer();
    },
  };
}
