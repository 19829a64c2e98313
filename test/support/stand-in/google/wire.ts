import type { Candidate, GenerateContentResponse, Part } from "@google/genai";

/** A type of the SDK as it goes over the wire: its enums are plain strings there. */
export type Wire<T> = T extends string ? `${T}` : T extends object ? { [Name in keyof T]: Wire<T[Name]> } : T;

export type WirePart = Wire<Part>;
export type WireCandidate = Wire<Candidate>;

/** An answer, or an event of one, without what the SDK adds. */
export type WireAnswer = Wire<
  Pick<GenerateContentResponse, "candidates" | "modelVersion" | "promptFeedback" | "responseId" | "usageMetadata">
>;
