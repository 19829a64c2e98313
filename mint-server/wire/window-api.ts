/*
 * The part of the Prompt API (webmachinelearning.github.io/prompt-api) that is used, under the names of its IDL: TypeScript's
 * libraries do not have it.
 */

export type Availability = "unavailable" | "downloadable" | "downloading" | "available";

export type SamplingMode = "most-predictable" | "predictable" | "balanced" | "creative" | "most-creative";

export interface LanguageModelExpected {
  readonly type: "text" | "image" | "audio";
}

export interface LanguageModelMessageContent {
  readonly type: "text" | "image" | "audio";
  readonly value: string | Blob;
}

export interface LanguageModelMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: readonly LanguageModelMessageContent[];
}

export interface LanguageModelCreateCoreOptions {
  readonly samplingMode?: SamplingMode;
  readonly expectedInputs: readonly LanguageModelExpected[];
  readonly expectedOutputs: readonly LanguageModelExpected[];
}

export interface LanguageModelCreateOptions extends LanguageModelCreateCoreOptions {
  readonly initialPrompts: readonly LanguageModelMessage[];
  readonly signal: AbortSignal;
  readonly monitor?: (monitor: CreateMonitor) => void;
}

export interface CreateMonitor {
  /** `loaded` of `total`, which is 1. */
  addEventListener(
    type: "downloadprogress",
    listener: (event: { readonly loaded: number; readonly total: number }) => void,
  ): void;
}

export interface LanguageModelPromptOptions {
  /** A JSON Schema. */
  readonly responseConstraint?: object;
  readonly signal: AbortSignal;
}

export interface LanguageModelSession {
  promptStreaming(input: readonly LanguageModelMessage[], options: LanguageModelPromptOptions): ReadableStream<string>;
  destroy(): void;
}

/** The interface object `LanguageModel`, which windows alone have. */
export interface LanguageModelInterface {
  availability(options: LanguageModelCreateCoreOptions): Promise<Availability>;
  create(options: LanguageModelCreateOptions): Promise<LanguageModelSession>;
}
