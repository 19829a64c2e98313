import type { Exchange } from "./dialect.ts";
import { errorEvent, fieldsOf, type RealtimeEvent } from "./events.ts";
import { functionTools, type GeminiSetup, geminiSetup, systemInstruction } from "./gemini-setup.ts";
import { event, type GeminiState, join, send, sessionOf, toClient, unsupported } from "./gemini-state.ts";
import { merged } from "./locks.ts";

/** `session.update`: before the session has begun all of it, later what Gemini lets change. */
export function updateSession(state: GeminiState, cause: RealtimeEvent): Exchange {
  const { model, ...session } = fieldsOf(cause.session);
  if (model !== undefined && model !== null && model !== state.model) {
    return toClient(errorEvent(unsupported("A session's model cannot change.", "session.model"), cause.event_id));
  }
  const asked = merged(state.asked, session);
  const wanted = geminiSetup(state.model, asked);
  // What was refused before is not refused again with each update.
  const refused = wanted.refused.filter(({ param }) => Object.hasOwn(session, param.split(".")[1] ?? ""));
  const errors = refused.map(({ param, why }) =>
    errorEvent(unsupported(`\`${param}\`: ${why}`, param), cause.event_id),
  );
  const changed = state.isSetUp ? changeContext(state, wanted, cause) : settle(state, wanted);
  state.asked = asked;
  return join(toClient(...errors), changed, toClient(event("session.updated", { session: sessionOf(state) })));
}

function settle(state: GeminiState, wanted: GeminiSetup): Exchange {
  state.current = wanted;
  return toClient();
}

/** Gemini lets instructions and tools change in a session; everything else is settled at its start. */
function changeContext(state: GeminiState, wanted: GeminiSetup, cause: RealtimeEvent): Exchange {
  const { current } = state;
  const settled = SETTLED.filter((name) => !isSame(current.setup[name], wanted.setup[name]));
  const errors = settled.map((name) => {
    const message = `Gemini Live settles ${WHAT[name]} when a session begins.`;
    return errorEvent(unsupported(message, "session"), cause.event_id);
  });
  const { instructions, tools } = wanted.session;
  const isNew = !isSame(current.session.instructions, instructions) || !isSame(current.session.tools, tools);
  if (!isNew) return toClient(...errors);
  state.current = { ...current, session: { ...current.session, instructions, tools } };
  const contextUpdate = {
    systemInstruction: systemInstruction(String(instructions)),
    tools: { tools: functionTools(Array.isArray(tools) ? tools : []) },
  };
  return join(toClient(...errors), send(state, { contextUpdate }));
}

const WHAT = {
  generationConfig: "output_modalities, max_output_tokens and the voice",
  realtimeInputConfig: "turn detection",
  inputAudioTranscription: "transcription",
} as const;
const SETTLED = ["generationConfig", "realtimeInputConfig", "inputAudioTranscription"] as const;

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
