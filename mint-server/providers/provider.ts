/** Wire formats that a provider can speak. */
export type WireFormatId = "openai" | "anthropic" | "google" | "bedrock" | "window" | "js";

/** How a provider's key travels: as a bearer token, in a header of its own, or not at all. */
export type Auth = "bearer" | "api-key" | "none";

/** A row of the table: everything that tells one provider from another. Nothing below the table names a provider. */
export interface Provider {
  readonly id: string;
  /** Base URL without a trailing slash; absent where only configuration knows it. */
  readonly baseURL?: string;
  /** Setting that holds the provider's key. */
  readonly keySetting?: string;
  readonly auth: Auth;
  readonly wire: WireFormatId;
  /** Ids that belong to this provider when no endpoint lists them. */
  readonly models: RegExp;
}

export type Flavor = "chat" | "completion" | "embedding" | "image" | "audio" | "moderation";

/** What is known of a model. Costs in US dollars per million tokens; absent where no price is known. */
export interface ModelFacts {
  readonly flavor: Flavor;
  readonly format: WireFormatId;
  readonly multimodal: boolean;
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
  /** Share of the requests among endpoints that serve the same model. */
  readonly weight: number;
  readonly supportsStreaming: boolean;
}
