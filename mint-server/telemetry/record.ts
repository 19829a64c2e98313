import type { TraceContext } from "../contract/trace-context.ts";
import type { Usage } from "../wire/chat-answer.ts";

/** One call of one endpoint. Times in milliseconds since the epoch. */
export interface AttemptRecord {
  readonly spanId: string;
  readonly endpoint: string;
  /** The provider's id in the table, and its name in the conventions of OpenTelemetry. */
  readonly provider: string;
  readonly providerName: string;
  readonly startedAt: number;
  /** When it had answered, or failed; absent while neither is so. */
  readonly answeredAt?: number;
  /** Kind of its failure; absent if it answered. */
  readonly errorKind?: string;
}

/** What is known of a model's work once it is done, by whoever asked for it. Plain facts that can go to another object. */
export interface CallAccount {
  readonly attempts: readonly AttemptRecord[];
  /** What was used; absent where nobody tells. */
  readonly usage?: Usage;
  /** Micro-dollars; absent where no price is known. */
  readonly micros?: number;
}

/** A realtime session that was let in. */
export interface SessionRecord {
  /** From when it was opened at the provider; 0 for one that never was. */
  readonly seconds: number;
  /** The code with which it closed. */
  readonly closeCode: number;
  /** Ours, or which side closed it: what that one says may be any text. */
  readonly closeReason: string;
  /** Absent where its frames passed unread. */
  readonly responses?: number;
  /** Of the client's voice, and of the model's; absent where they were not counted. */
  readonly audioInSeconds?: number;
  readonly audioOutSeconds?: number;
}

/** What is known of a session at its end. */
export interface SessionAccount {
  readonly session: SessionRecord;
  /** Kind of the failure that ended it, or that kept it from beginning; absent if there was none. */
  readonly errorKind?: string;
  /** Name of the endpoint that served. */
  readonly endpoint?: string;
  readonly usage?: Usage;
  /** Micro-dollars; absent where no price is known. */
  readonly micros?: number;
}

/** Whence an answer came that no provider was asked for now: the edge's cache, or another's call. */
export type CachedTier = "edge" | "shared";

/** One request, once its last byte is out. Nothing of what was said in it, and no secret, unless `content` says so. */
export interface RequestRecord extends CallAccount {
  readonly trace: TraceContext;
  /** The caller's own span. */
  readonly parentSpanId?: string;
  readonly method: string;
  /** The route's pattern. */
  readonly route: string;
  readonly status: number;
  /** Kind of the failure; absent if there was none. */
  readonly errorKind?: string;
  readonly by?: string;
  readonly org?: string;
  readonly subject?: string;
  /** `jti` of the temporary credential. */
  readonly credentialId?: string;
  /** Name of the endpoint that answered. */
  readonly endpoint?: string;
  readonly model?: string;
  /** The model as the answer names it. */
  readonly answeredModel?: string;
  readonly operation?: string;
  readonly schema?: string;
  readonly stream?: boolean;
  readonly cached?: CachedTier;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds after that, each absent where there was none. */
  readonly firstByteMs?: number;
  readonly firstTokenMs?: number;
  readonly totalMs: number;
  readonly requestBytes?: number;
  readonly answerBytes: number;
  /** Of a realtime session: its record is made when it is over, and `firstByteMs` is what the handshake took. */
  readonly session?: SessionRecord;
  /** Of a call that was watched over: the request that began it has a record of its own. */
  readonly isPart?: true;
  /** Where to file it: value of the export's `x-bt-parent`. */
  readonly logParent?: string;
  /** JSON of OpenTelemetry's messages; only where the organisation wants it. */
  readonly content?: { readonly input?: string; readonly output?: string };
}

/** How long its answer took, in milliseconds: a session's was the handshake. */
export function answerMs({ session, firstByteMs, totalMs }: RequestRecord): number {
  return session && firstByteMs !== undefined ? firstByteMs : totalMs;
}
