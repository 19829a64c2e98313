import type { Result } from "../failures.ts";
import type { BreakerRules } from "./breaker.ts";
import type { Timeouts } from "./deadlines.ts";

/** Wire formats that a provider can speak. `responses` is OpenAI's second one; `window` and `js` are answered without a call. */
export type WireFormatId = "openai" | "responses" | "anthropic" | "google" | "bedrock" | "window" | "js";

/** How a provider's key travels: as a bearer token, in the header that its wire format has for keys, or not at all. */
export type Auth = "bearer" | "api-key" | "none";

/** A row of the table: everything that tells one provider from another. Nothing below the table names a provider. */
export interface Provider {
  readonly id: string;
  /** Its name in the conventions of OpenTelemetry, where that is another. */
  readonly telemetryName?: string;
  /** Base URL without a trailing slash; absent where only configuration knows it. */
  readonly baseURL?: string;
  /** The base URL where it depends on options, such as a region; `undefined` while they are not known. */
  readonly baseFor?: (options: EndpointOptions) => string | undefined;
  /** Setting that gives the base URL beside `<ID>_BASE_URL`, where the provider's users know it by another name. */
  readonly baseURLSetting?: string;
  /** Setting that holds the provider's key. */
  readonly keySetting?: string;
  readonly auth: Auth;
  /** Header of a key that is no bearer token, where it is not the one of the wire format. */
  readonly keyHeader?: string;
  readonly wire: WireFormatId;
  /** Models that the provider takes in another wire format. */
  readonly otherWires?: readonly (readonly [models: RegExp, wire: WireFormatId])[];
  /** True if it speaks OpenAI's Responses as well. */
  readonly responses?: true;
  /** `nine`: ids of tool calls must be nine letters or digits. */
  readonly toolCallIds?: "nine";
  /** Name of the part of a message that holds a document, where it is not OpenAI's `file`. */
  readonly files?: "document_url" | "file_url";
  /** Models that think and put their thoughts where the wire format has text alone: their answers do not pass as they are. */
  readonly thoughtsInContent?: RegExp;
  /** Fields of its wire format that it calls otherwise, or (null) refuses. */
  readonly fields?: Readonly<Record<string, string | null>>;
  /** Its way of asking for vectors, where that is not its wire format's. */
  readonly embeddings?: "vertex";
  /** What its API wants otherwise in a JSON body of its wire format; a pure function. */
  readonly bodyFor?: (body: Readonly<Record<string, unknown>>, wire: WireFormatId) => Record<string, unknown>;
  /** Ids, of those that the catalog does not know, that belong to this provider: a caller's own key goes by them. */
  readonly models: RegExp;
  /** Ids that an endpoint of it takes as well, if they belong to no other endpoint of the organisation. */
  readonly alsoModels?: RegExp;
  /** Where a call goes, if not where its wire format's own paths lead. A pure function; `undefined` for a model whose name no such URL can hold. */
  readonly url?: (call: UpstreamCall) => string | undefined;
  /** Field of an endpoint's configuration that holds what only this provider needs. */
  readonly optionsField?: "azure" | "aws" | "google";
  /** Settings that stand for members of that field which are no secret, by member. */
  readonly optionSettings?: Readonly<Record<string, string>>;
  /** Settings that stand for its secret members, for keys that do not travel as they are. */
  readonly secretSettings?: SecretSettings;
  /** Its realtime sessions, where it has any. */
  readonly realtime?: RealtimeRow;
  /** Members of that field that every URL needs. */
  readonly needs?: readonly ("project" | "location")[];
}

/** A provider's realtime sessions, over WebSockets. */
export interface RealtimeRow {
  /** Where they are opened; `undefined` for a model whose name no URL can hold. A pure function. */
  readonly url: (target: RealtimePlace) => string | undefined;
  /** Protocol, where it is not OpenAI's. */
  readonly dialect?: "gemini";
  /** True if it takes calls over WebRTC, too, and a connection beside each. */
  readonly calls?: true;
  /** True if it has OpenAI's Live sessions. */
  readonly live?: true;
}

/** What the URL of a realtime session is made of. */
export interface RealtimePlace {
  /** Without a trailing slash. */
  readonly baseURL: string;
  /** As the provider calls it: to be encoded. */
  readonly model: string;
  /** True for a session that only writes down what it hears. */
  readonly transcribes: boolean;
}

/** Settings by member of the options field: all of `required` make an authority, none of them makes none. */
export interface SecretSettings {
  readonly required: Readonly<Record<string, string>>;
  readonly optional?: Readonly<Record<string, string>>;
}

/** What the URL of a call is made of. */
export interface UpstreamCall {
  /** Without a trailing slash. */
  readonly baseURL: string;
  readonly wire: WireFormatId;
  /**
   * In OpenAI's formats the name of the API's endpoint, such as `chat/completions`; in Anthropic's `messages` or
   * `messages/count_tokens`; in Google's the method, such as `generateContent`; in Bedrock's the operation, such as `converse-stream`.
   */
  readonly path: string;
  /** True if the answer is to come as a stream. */
  readonly stream: boolean;
  /** As the caller wrote it: to be encoded and checked. */
  readonly model: string;
  readonly options: EndpointOptions;
}

/** What some providers need to be told of an endpoint. None of it is secret: a caller's own key shares it. */
export interface EndpointOptions {
  readonly apiVersion?: string;
  /** Names of deployments by model. */
  readonly deployments?: ReadonlyMap<string, string>;
  readonly region?: string;
  readonly project?: string;
  readonly location?: string;
}

/** Authority that is worked out for each call, from secrets that no header carries as they are. */
export interface Authority {
  /** Headers that carry it. Fails if they cannot be had; the failure tells nothing of the secrets. */
  readonly headers: (request: {
    readonly url: string;
    readonly payload: string | Uint8Array<ArrayBuffer>;
  }) => Promise<Result<Readonly<Record<string, string>>>>;
  /** To be told if the provider answered 401 to these headers. */
  readonly refused: (headers: Readonly<Record<string, string>>) => void;
  /** Every text that no answer may hold. */
  readonly secrets: () => readonly string[];
}

export type Flavor = "chat" | "completion" | "embedding" | "image" | "audio" | "moderation";

/** In US dollars per million tokens; absent where no price is known. */
export interface Costs {
  readonly inputCostPerMillionTokens?: number;
  readonly outputCostPerMillionTokens?: number;
  /** Of input that was in the provider's cache; absent where it costs what other input costs. */
  readonly cacheReadCostPerMillionTokens?: number;
  /** Of input that the provider puts into its cache for as long as it does unasked. */
  readonly cacheWriteCostPerMillionTokens?: number;
}

/** Costs of all tokens, also the first ones, of a request with more than so many tokens of input, cached or not. */
export interface CostTier extends Costs {
  readonly aboveInputTokens: number;
}

/** What is known of a model. Its own costs are those of a request below all tiers. */
export interface ModelFacts extends Costs {
  readonly flavor: Flavor;
  readonly format: WireFormatId;
  readonly multimodal: boolean;
  /** Tokens that a request and its answer may hold together; absent where it is not known. */
  readonly contextTokens?: number;
  /** Ascending; absent where long requests cost what short ones do. */
  readonly costTiers?: readonly CostTier[];
}

/** A configured provider and key. */
export interface Endpoint {
  readonly name: string;
  readonly provider: Provider;
  readonly baseURL: string;
  /** Kept apart from `headers`, so that no log or error that shows an endpoint shows the key. */
  readonly apiKey?: string;
  /** In place of a key. A function's closure holds the secrets, for the same reason. */
  readonly authority?: Authority;
  readonly auth: Auth;
  readonly headers: Readonly<Record<string, string>>;
  /** Ids that it serves; absent: whatever belongs to its provider. */
  readonly models?: ReadonlySet<string>;
  readonly customModels: ReadonlyMap<string, ModelFacts>;
  readonly options: EndpointOptions;
  /** Share of the requests among endpoints that serve the same model and have the same priority. */
  readonly weight: number;
  /** Endpoints with a lower one go first; 0 unless given. */
  readonly priority?: number;
  /** What differs from the defaults. */
  readonly timeouts?: Partial<Timeouts>;
  readonly breaker?: Partial<BreakerRules>;
  readonly supportsStreaming: boolean;
  /** It is told where its call stands in the caller's trace. */
  readonly passesTrace?: true;
}
