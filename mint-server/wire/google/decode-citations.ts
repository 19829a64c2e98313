import { utf8 } from "../../contract/bytes.ts";
import type { Citation } from "../chat-request.ts";
import { asNumber, asObject, asObjects, asText, type Json } from "../read.ts";

/** Where a candidate's text comes from. Google counts bytes, within a part where there are several. */
export function decodeCitations(
  candidate: Json,
  { text, starts }: { readonly text: string; readonly starts: readonly number[] },
): Citation[] {
  const metadata = asObject(candidate.citationMetadata);
  const sources = [...asObjects(metadata?.citationSources), ...asObjects(metadata?.citations)];
  return [
    ...sources.map(({ uri, title, startIndex, endIndex }) => ({
      ...source({ uri, title }),
      ...offsets(text, { startIndex, endIndex }, 0),
    })),
    ...decodeGrounding(asObject(candidate.groundingMetadata) ?? {}, text, starts),
  ];
}

function decodeGrounding(grounding: Json, text: string, starts: readonly number[]): Citation[] {
  const chunks = asObjects(grounding.groundingChunks).map((chunk) =>
    source(asObject(chunk.web) ?? asObject(chunk.retrievedContext) ?? asObject(chunk.maps) ?? {}),
  );
  const supports = asObjects(grounding.groundingSupports);
  if (supports.length === 0) return chunks;
  return supports.flatMap(({ segment, groundingChunkIndices }) => {
    const place = asObject(segment) ?? {};
    const span = offsets(text, place, starts[asNumber(place.partIndex) ?? 0] ?? 0);
    const indices: readonly unknown[] = Array.isArray(groundingChunkIndices) ? groundingChunkIndices : [];
    return indices.flatMap((index) => {
      const chunk = chunks[asNumber(index) ?? -1];
      return chunk ? [{ ...chunk, ...span }] : [];
    });
  });
}

function source({ uri, title, text }: Json): Citation {
  return {
    ...(typeof uri === "string" && { url: uri }),
    ...(typeof title === "string" && { title }),
    ...(asText(text) ? { quote: String(text) } : {}),
  };
}

/** A start that is left out is 0, as protobuf has it. */
function offsets(text: string, { startIndex, endIndex }: Json, base: number): { start?: number; end?: number } {
  const end = asNumber(endIndex);
  if (end === undefined) return {};
  const bytes = utf8(text.slice(base));
  const at = (byte: number): number => base + new TextDecoder().decode(bytes.subarray(0, byte)).length;
  return { start: at(asNumber(startIndex) ?? 0), end: at(end) };
}
