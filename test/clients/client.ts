import { callWeather } from "./weather.ts";

/** What a client is told to do: plain data, so that a page can be told it too. */
export interface Ask {
  readonly model: string;
  readonly apiKey: string;
  /** Where the API of the mint-server stands; absent: the library's own default. */
  readonly baseURL?: string;
  readonly stream: boolean;
  readonly system?: string;
  /** What was said so far, the user's words last. */
  readonly turns: readonly Turn[];
  /** A picture in PNG, or a PDF, in base64: shown along with the last words. */
  readonly image?: string;
  readonly pdf?: string;
  /** Offers the tool `weather`, whose results end with this text. */
  readonly tool?: string;
  /** JSON Schema of the answer. */
  readonly schema?: JsonSchema;
  /** Asks the model to think, and to show it. */
  readonly think?: true;
  /** What the user says after the answer, in the same conversation. */
  readonly then?: string;
  /** Leaves after so many pieces of text. */
  readonly leaveAfter?: number;
}

export interface Turn {
  readonly role: "user" | "assistant";
  readonly text: string;
}

export interface JsonSchema {
  readonly type: "object";
  readonly properties: Record<string, { readonly type: "string" | "integer" }>;
  readonly required: string[];
  readonly additionalProperties: false;
}

/** The last answer as a client gives it to its user, in the client's own words for it. */
export interface Answer {
  readonly text: string;
  readonly usage?: Tokens | undefined;
  /** The structured output, as the client parsed it. */
  readonly object?: unknown;
}

/** Tokens as the client tells them; those that it does not tell are missing. */
export interface Tokens {
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  readonly cached?: number | undefined;
  readonly reasoning?: number | undefined;
}

export interface Call {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

/** What a client did. */
export interface Said extends Answer {
  /** Pieces of text as they came in, of all answers of the conversation. */
  readonly deltas: readonly string[];
  /** Thoughts that the client showed. */
  readonly thoughts: string;
  readonly calls: readonly Call[];
}

/** An error of the client's own kind. */
export interface ClientError {
  readonly type: string;
  readonly status: number | undefined;
  readonly message: string;
}

/** How it went. `left`: the user went away in the middle. */
export type Outcome =
  | { readonly kind: "said"; readonly said: Said }
  | { readonly kind: "left"; readonly deltas: readonly string[] }
  | { readonly kind: "failed"; readonly error: ClientError; readonly deltas: readonly string[] };

/** Hears what comes in while a client works. */
export interface Ear {
  readonly signal: AbortSignal;
  text(piece: string): void;
  thought(piece: string): void;
  /** Runs the tool, and gives its result. */
  call(call: Call): string;
}

/** One way of using a client library, as its documentation shows it. */
export interface Client {
  readonly name: string;
  /** Does as it is told: one request or, with tools and with more to say, several. */
  talk(ask: Ask, ear: Ear): Promise<Answer>;
  /** `undefined` for what is not an error of the client's own kind. */
  readError(error: unknown): ClientError | undefined;
  /** Names of its errors. `stream`: for what comes in the middle of one. */
  readonly errors: Readonly<Record<400 | 401 | 429 | "stream", string>>;
}

/** Lets a client do as it is told, and tells how it went. An error that is not of the client's own kind is thrown. */
export async function attempt(client: Client, ask: Ask): Promise<Outcome> {
  const user = new AbortController();
  const deltas: string[] = [];
  const thoughts: string[] = [];
  const calls: Call[] = [];
  const ear: Ear = {
    signal: user.signal,
    text(piece) {
      if (piece !== "") deltas.push(piece);
      if (deltas.length === ask.leaveAfter) user.abort();
    },
    thought: (piece) => void thoughts.push(piece),
    call(call) {
      calls.push(call);
      return `${callWeather(call.input)} ${ask.tool}`.trim();
    },
  };
  try {
    const answer = await client.talk(ask, ear);
    if (user.signal.aborted) return { kind: "left", deltas };
    return { kind: "said", said: { ...answer, deltas, thoughts: thoughts.join(""), calls } };
  } catch (cause) {
    if (user.signal.aborted) return { kind: "left", deltas };
    const error = client.readError(cause);
    if (error === undefined) throw cause;
    return { kind: "failed", error, deltas };
  }
}

/** A path below the mint-server's API, or the library's own default. */
export function below(baseURL: string | undefined, path = ""): string | undefined {
  return baseURL === undefined ? undefined : `${baseURL}${path}`;
}
