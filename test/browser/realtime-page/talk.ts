/** What a client does in the page, by whatever API it has. */
export interface Talk {
  /** Says this in writing. */
  write(text: string): void;
  /** Says 400 ms of sound, and 400 ms of silence if it is to be answered. */
  speak(options: { readonly pause: boolean }): void;
  /** Breaks the answer off. */
  interrupt(): void;
  /** What the assistant has said so far, in all its answers. */
  said(): string;
  /** Bytes of sound that came, or packets. */
  heard(): Promise<number>;
  /** Answers that began, and those that were broken off. */
  begun(): number;
  interruptions(): number;
  errors(): readonly string[];
  close(): void;
}

/** Where and with what it connects. */
export interface Place {
  readonly value: string;
  readonly url: string;
  readonly callsURL: string;
}

export const MODEL = "gpt-realtime";

/** The function that all clients offer. */
export const WEATHER = {
  name: "weather",
  description: "the weather",
  parameters: { type: "object", properties: { city: { type: "string" } } },
} as const;

/** 24 kHz PCM of a voice as the stand-in knows one, or of silence. */
export function pcm(milliseconds: number, silent = false): Int16Array<ArrayBuffer> {
  return new Int16Array(milliseconds * 24).fill(silent ? 0 : 272);
}

export function base64(samples: Int16Array<ArrayBuffer>): string {
  return btoa(String.fromCharCode(...new Uint8Array(samples.buffer)));
}
