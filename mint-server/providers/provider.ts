/** Wire formats that a provider can speak. */
export type WireFormatId = "openai" | "anthropic" | "google" | "bedrock" | "window" | "js";

/** How a provider's key travels: as a bearer token, in a header of its own, or not at all. */
export type Auth = "bearer" | "api-key" | "none";

/** A row of the table: everything that tells one provider from another. Nothing below the table names a provider. */
export interface Provider {
  readonly id: string;
  /** Base URL without a trailing slash; absent where only configuration knows it. */
  readonly baseURL?: string;
  /** Setting that gives the base URL beside `<ID>_BASE_URL`, where the provider's users know it by another name. */
  readonly baseURLSetting?: string;
  /** Setting that holds the provider's key. */
  readonly keySetting?: string;
  readonly auth: Auth;
  readonly wire: WireFormatId;
  /** Ids, of those that the catalog does not know, that belong to this provider: a caller's own key goes by them. */
  readonly models: RegExp;
  /** Ids that an endpoint of it takes as well, if they belong to no other endpoint of the organisation. */
  readonly alsoModels?: RegExp;
  /** Where a call goes, if not to `baseURL/path`. A pure function; `undefined` for a model whose name no such URL can hold. */
  readonly url?: (call: UpstreamCall) => string | undefined;
  /** Field of an endpoint's configuration that holds what only this provider needs. */
  readonly optionsField?: "azure";
  /** Settings that stand for members of that field, by member. */
  readonly optionSettings?: Readonly<Record<"apiVersion", string>>;
}

/** What the URL of a call is made of. */
export interface UpstreamCall {
  /** Without a trailing slash. */
  readonly baseURL: string;
  /** Name of the API's endpoint, such as `chat/completions`. */
  readonly path: string;
  /** As the caller wrote it: to be encoded and checked. */
  readonly model: string;
  readonly options: EndpointOptions;
}

/** What some providers need to be told of an endpoint. */
export interface EndpointOptions {
  readonly apiVersion?: string;
  /** Names of deployments by model. */
  readonly deployments?: ReadonlyMap<string, string>;
}

export type Flavor = "chat" | "completion" | "embedding" | "image" | "audio" | "moderation";

/** What is known of a model. Costs in US dollars per million tokens; absent where no price is known. */
export interface ModelFacts {
  readonly flavor: Flavor;
  readonly format: WireFormatId;
  readonly multimodal: boolean;
  /** Tokens that a request and its answer may hold together; absent where it is not known. */
  readonly contextTokens?: number;
  readonly inputCostPerMillionTokens?: number;
  readonly outputCostPerMillionTokens?: number;
}

/** A configured provider and key. */
export interface Endpoint {
  readonly name: string;
  readonly provider: Provider;
  readonly baseURL: string;
  /** Kept apart from `headers`, so that no log or error that shows an endpoint shows the key. */
  readonly apiKey?: string;
  readonly auth: Auth;
  readonly headers: Readonly<Record<string, string>>;
  /** Ids that it serves; absent: whatever belongs to its provider. */
  readonly models?: ReadonlySet<string>;
  readonly customModels: ReadonlyMap<string, ModelFacts>;
  readonly options: EndpointOptions;
  /** Share of the requests among endpoints that serve the same model. */
  readonly weight: number;
  readonly supportsStreaming: boolean;
}
