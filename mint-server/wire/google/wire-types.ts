import type {
  Citation,
  GenerateContentResponse,
  GenerationConfig,
  Candidate as SdkCandidate,
  Content as SdkContent,
  Part as SdkPart,
} from "@google/genai";

/** A type of the SDK as it is on the wire, where the value of an enum is a plain string. */
export type Wire<T> = T extends string
  ? `${T}`
  : T extends readonly (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Key in keyof T]: Wire<T[Key]> }
      : T;

export type GeminiPart = Wire<SdkPart>;
export type GeminiContent = Wire<SdkContent>;
export type GeminiConfig = Wire<GenerationConfig>;

/** On the Gemini API's wire citations have another name than in the SDK. */
export type GeminiCandidate = Omit<Wire<SdkCandidate>, "citationMetadata"> & {
  citationMetadata?: { citationSources: Citation[] };
};

export type GeminiAnswer = Wire<Pick<GenerateContentResponse, "modelVersion" | "responseId" | "usageMetadata">> & {
  candidates: GeminiCandidate[];
};
