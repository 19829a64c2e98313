import type { CredentialClaims } from "../../mint-server/contract/credential.ts";
import type { Source } from "../../mint-server/contract/headers.ts";
import type { HandledBy } from "../../sw/events.ts";

/** What became of one request, as its events told it. Times in milliseconds since the request was caught. */
export interface Receipt {
  readonly requestId: string;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly by: HandledBy;
  readonly outcome: "running" | "complete" | "cancelled" | "failed" | "offline";
  /** Present where this request had to wait for a new credential. */
  readonly minted?: { readonly kind: "mint" | "renew"; readonly tookMs: number };
  /** The credential that was sent, decoded; absent where this page never saw it issued. */
  readonly claims?: CredentialClaims;
  readonly status?: number;
  readonly source?: Source;
  readonly endpoint?: string;
  readonly headersMs?: number;
  readonly firstByteMs?: number;
  readonly totalMs?: number;
  readonly sizeBytes?: number;
  /** How much of the browser's own model is there, 0 to 1, where the request had to wait for it. */
  readonly downloaded?: number;
  /** Its connection broke so often; the last time it went on from that byte, so long after the break. */
  readonly resumed?: { readonly times: number; readonly position: number; readonly tookMs: number };
}

/** Why there is no answer, in words for the person, and the one step that helps. */
export interface Problem {
  readonly sentence: string;
  readonly advice: string;
  /** `queue`: it may wait for the server; `wait`: it does. */
  readonly remedy: "retry" | "settings" | "model" | "usage" | "queue" | "wait";
  /** HTTP status and code, for those who look them up. */
  readonly detail?: string;
}

interface AnswerBase {
  readonly text: string;
  readonly model: string;
  /** The model is a function that looks things up, not a language model. */
  readonly builtIn: boolean;
  /** Why the model ended the answer early. */
  readonly cut?: "length" | "content_filter";
  readonly receipt?: Receipt;
  /** The id under which the question waits for the server. */
  readonly queued?: string;
}

export type Answer = AnswerBase &
  (
    | { readonly state: "waiting" | "streaming" | "complete" | "stopped" }
    | { readonly state: "failed"; readonly problem: Problem }
  );

/** A question and its answer: asking again replaces the answer, editing replaces all that came after. */
export interface Turn {
  readonly id: string;
  readonly question: string;
  readonly answer: Answer;
}

export interface ChatSettings {
  readonly model: string;
  readonly system: string;
  /** `null`: the model's own, since some accept no other. */
  readonly temperature: number | null;
}

export interface Conversation {
  readonly id: string;
  readonly title: string;
  /** Unix milliseconds. */
  readonly updatedAt: number;
  readonly settings: ChatSettings;
  readonly turns: readonly Turn[];
}

/** An entry of `GET /v1/proxy/models`. Costs in US dollars per million tokens. */
export interface ModelEntry {
  readonly id: string;
  readonly format: string;
  readonly flavor: string;
  readonly providers: readonly string[];
  readonly inputCost: number | null;
  readonly outputCost: number | null;
  readonly multimodal: boolean;
}
