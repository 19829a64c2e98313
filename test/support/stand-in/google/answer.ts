import type { GenerateContentResponseUsageMetadata } from "@google/genai";
import type { Answer } from "../answers.ts";
import { idFrom } from "../ids.ts";
import type { Reply } from "../reply.ts";
import { type Asked, objectIn } from "../turn.ts";
import { camelCased } from "./camel.ts";
import { partsIn, streamedParts } from "./parts.ts";
import type { Wire, WireAnswer, WireCandidate, WirePart } from "./wire.ts";

const FINISHES = {
  stop: "STOP",
  length: "MAX_TOKENS",
  content_filter: "SAFETY",
  refusal: "PROHIBITED_CONTENT",
  // Gemini has no word for it.
  tool_calls: "STOP",
} as const satisfies Record<Reply["finish"], WireCandidate["finishReason"]>;

/** Candidates of thoughts, text and calls, whole or in pieces, with as many candidates as are asked for. */
export function geminiAnswer(asked: Asked, reply: Reply): Answer {
  const base = { modelVersion: asked.model, responseId: idFrom(reply.seed, 22) };
  const usageMetadata = usageOf(reply);
  if (asked.call === "generateContent") {
    const body: WireAnswer = { ...contentOf(asked, reply, partsIn(asked, reply), true), ...base, usageMetadata };
    return { kind: "json", body };
  }
  const size = Math.max(1, reply.orders.partsPerEvent ?? 1);
  const parts = streamedParts(asked, reply);
  const groups = Array.from({ length: Math.ceil(parts.length / size) }, (_, at) =>
    parts.slice(at * size, (at + 1) * size),
  );
  const events = (groups.length === 0 ? [[]] : groups).map((group, at) => {
    const event: WireAnswer = { ...contentOf(asked, reply, group, at >= groups.length - 1), ...base, usageMetadata };
    return { data: event };
  });
  return { kind: "events", framing: asked.query.get("alt") === "sse" ? "google-sse" : "json-array", events };
}

function contentOf(asked: Asked, reply: Reply, parts: WirePart[], last: boolean): WireAnswer {
  // A prompt that Gemini will not answer has no candidate at all.
  if (reply.finish === "refusal") return { promptFeedback: { blockReason: "PROHIBITED_CONTENT", safetyRatings: [] } };
  const { candidateCount = 1 } = objectIn(objectIn(camelCased(asked.fields)).generationConfig);
  return {
    candidates: Array.from({ length: Number(candidateCount) }, (_, index) => ({
      content: { parts, role: "model" },
      index,
      ...(last && { finishReason: FINISHES[reply.finish] }),
      ...(last && citationsOf(reply)),
    })),
  };
}

function citationsOf({ citations, pieces }: Reply): Pick<WireCandidate, "groundingMetadata"> {
  if (citations.length === 0) return {};
  const text = pieces.join("");
  return {
    groundingMetadata: {
      groundingChunks: citations.map(({ url, title }) => ({ web: { uri: url, title } })),
      groundingSupports: citations.map((_, at) => ({
        segment: { startIndex: 0, endIndex: Buffer.byteLength(text), text },
        groundingChunkIndices: [at],
      })),
    },
  };
}

/** Gemini counts thoughts beside the answer; the prompt holds what came from the cache. */
function usageOf({ usage }: Reply): Wire<GenerateContentResponseUsageMetadata> {
  return {
    promptTokenCount: usage.input,
    candidatesTokenCount: usage.output - usage.reasoning,
    totalTokenCount: usage.input + usage.output,
    promptTokensDetails: [{ modality: "TEXT", tokenCount: usage.input }],
    ...(usage.cached > 0 && { cachedContentTokenCount: usage.cached }),
    ...(usage.reasoning > 0 && { thoughtsTokenCount: usage.reasoning }),
  };
}
