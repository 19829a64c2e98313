import type { Caller } from "../credentials/verify.ts";
import type { Visit } from "../routes.ts";
import type { Handshake } from "./handshake.ts";
import type { Wanted } from "./open-session.ts";

/** What a client asks for with its handshake. */
export interface Asked {
  readonly handshake: Handshake;
  readonly sessionType: Wanted["sessionType"];
  /** Whether the client wants to be told of an end that is near. */
  readonly warns: boolean;
}

/** Of a session whose model nobody names. */
const DEFAULT_MODEL = "gpt-realtime";
const DEFAULT_TRANSCRIPTION_MODEL = "gpt-4o-transcribe";

export function defaultModel(sessionType: Wanted["sessionType"]): string {
  return sessionType === "transcription" ? DEFAULT_TRANSCRIPTION_MODEL : DEFAULT_MODEL;
}

/** The one model that a credential is good for. */
export function soleModel({ grant: { models } }: Pick<Caller, "grant">): string | undefined {
  const [model, ...others] = models ?? [];
  return others.length === 0 && model !== undefined && !model.endsWith("*") ? model : undefined;
}

interface Named extends Pick<Asked, "sessionType"> {
  readonly model: string;
  /** Aborts when the client has left before the session began. */
  readonly signal: AbortSignal;
}

export function wantedOf({ services, request, now, watch }: Visit, caller: Caller, named: Named): Wanted {
  return { services, caller, headers: request.headers, now, watch, ...named };
}
