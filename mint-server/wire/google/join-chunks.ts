import { createJoiner, type Rules } from "../join-members.ts";
import { asNumber, asObject, asObjects, asText, type Json } from "../read.ts";
import { readBodies } from "../read-events.ts";

const BODY: Rules = { candidates: "skip", usageMetadata: "latest" };
const CANDIDATE: Rules = {
  index: "skip",
  content: { parts: "add" },
  citationMetadata: { citationSources: "add", citations: "add" },
  logprobsResult: { chosenCandidates: "add", topCandidates: "add", logProbabilitySum: "latest" },
  finishReason: "latest",
  finishMessage: "latest",
  safetyRatings: "latest",
  tokenCount: "latest",
  avgLogprobs: "latest",
};

/** The whole answer that a stream of Gemini's tells; `undefined` where it is not whole, or not to be put together without loss. */
export function joinChunks(stream: string): Json | undefined {
  const read = readBodies(stream);
  if (!read) return undefined;
  const joiner = createJoiner();
  const candidates = new Map<number, Json>();
  let head: Json = {};
  for (const body of read.bodies) {
    head = joiner.join(head, body, BODY);
    for (const [at, piece] of asObjects(body.candidates).entries()) {
      const index = asNumber(piece.index) ?? at;
      candidates.set(index, joiner.join(candidates.get(index) ?? {}, piece, CANDIDATE));
    }
  }
  const whole = [...candidates.entries()].sort(([a], [b]) => a - b).map(([index, one]) => wholeCandidate(index, one));
  const isWhole =
    whole.length > 0
      ? whole.every(({ finishReason }) => asText(finishReason))
      : Boolean(asObject(head.promptFeedback)?.blockReason);
  if (joiner.isLossy || !isWhole || whole.some(countsParts)) return undefined;
  return { ...(whole.length > 0 && { candidates: whole }), ...head };
}

function wholeCandidate(index: number, { content, citationMetadata, ...rest }: Json): Json {
  const said = asObject(content);
  return {
    ...(said && { content: { ...said, parts: joinParts(asObjects(said.parts)) } }),
    ...rest,
    ...(asObject(citationMetadata) && { citationMetadata: withoutRepeats(asObject(citationMetadata) ?? {}) }),
    index,
  };
}

/** Texts that came in pieces are one, which its signature ends. */
function joinParts(parts: readonly Json[]): readonly Json[] {
  const joined: Json[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    const text = asText(part.text);
    if (text === "" && Object.keys(part).every((name) => name === "text" || name === "thought")) continue;
    const goesOn = text !== undefined && last && isPlainText(last) && last.thought === part.thought;
    if (goesOn) joined[joined.length - 1] = { ...last, ...part, text: `${last.text}${text}` };
    else joined.push(part);
  }
  return joined;
}

function isPlainText(part: Json): boolean {
  return typeof part.text === "string" && Object.keys(part).every((name) => name === "text" || name === "thought");
}

/** Some events repeat what those before them have cited. */
function withoutRepeats(metadata: Json): Json {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, sources]) => {
      const bySpelling = new Map(asObjects(sources).map((source) => [JSON.stringify(source), source]));
      return [name, [...bySpelling.values()]];
    }),
  );
}

/** Places that count the parts mean those of the stream. */
function countsParts({ groundingMetadata }: Json): boolean {
  return asObjects(asObject(groundingMetadata)?.groundingSupports).some(({ segment }) =>
    Boolean(asObject(segment)?.partIndex),
  );
}
