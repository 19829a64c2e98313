import type { Grant } from "../contract/credential.ts";
import type { UsedCredential } from "../credentials/verify.ts";
import type { Result } from "../failures.ts";
import type { CallPlace } from "./calls-id.ts";
import type { Fields } from "./events.ts";

/** Whose call is to be watched over. No key stands in it: a provider key that issued the credential is sealed. */
export interface CallOrder {
  readonly subject: string;
  readonly ledger: string;
  readonly grant: Grant;
  readonly credential: UsedCredential;
  readonly sealedKey?: string;
  readonly model: string;
  /** Of OpenAI's Live API, where it is no realtime call. */
  readonly api?: "live";
  /** The session that was asked for, as it may be. */
  readonly session: Fields;
  /** The place in its trace of the request that begins it, where somebody watches. */
  readonly traceparent?: string;
  /** Names of the endpoints that may take it. */
  readonly endpoints: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A call that may begin. */
export interface BegunCall {
  readonly id: string;
  /** Most output tokens of its first response, where they are counted. */
  readonly maxOutputTokens?: number;
}

/** Watches over calls, for as long as they last: what a request's own context cannot. */
export interface Calls {
  /** Counts the call, and sets aside what it needs to begin. It is forgotten if nobody attaches it. */
  begin(order: CallOrder): Promise<Result<BegunCall>>;
  /** Opens the connection beside the call. Fails if it cannot be watched over. */
  attach(id: string, place: CallPlace): Promise<Result<void>>;
  /** It came to nothing. */
  drop(id: string): Promise<void>;
}

/** The part of a Durable Object namespace that is needed. */
export interface CallsNamespace {
  getByName(name: string): Calls;
}
