/*
 * What the code blocks of the documentation may take for granted: names that a reader has in an app, or that an earlier
 * block of the page made. Of packages that are not installed here it holds what the blocks use, as their own types say it.
 */

declare const OpenAI: typeof import("openai").default;
declare const Anthropic: typeof import("@anthropic-ai/sdk").default;
declare const GoogleGenAI: typeof import("@google/genai").GoogleGenAI;
declare const register: typeof import("mintgate").register;

declare const openai: import("openai").default;
declare const messages: import("openai/resources/chat/completions").ChatCompletionMessageParam[];
declare const model: string;
declare const body: import("openai/resources/chat/completions").ChatCompletionCreateParamsNonStreaming;
declare const projectKey: string;
declare const credential: import("mintgate/mint-server").IssuedCredential;
declare const secret: import("openai/resources/realtime/client-secrets").ClientSecretCreateResponse;
declare const offer: RTCSessionDescriptionInit;
declare const agent: import("@openai/agents-realtime").RealtimeAgent;

declare const session: import("@openai/agents-realtime").RealtimeSession;

declare const defineConfig: typeof import("vite").defineConfig;
declare const env: { readonly MINT_SECRET: string; readonly OPENAI_API_KEY: string };
declare const user: { readonly id: string };
declare const parrot: import("mintgate/mint-server").JsModel;
declare const MINT_SECRET: string;
declare const config: import("mintgate/mint-server").MintServerConfig;
declare const endpoints: import("mintgate/mint-server").EndpointConfig[];
declare const sessions: import("mintgate/mint-server").SessionsConfig;

declare function show(value: unknown): void;
declare function userOf(request: unknown): Promise<{ readonly id: string } | undefined>;
declare const stopButton: HTMLButtonElement;
declare const progress: HTMLProgressElement;

declare const myAuth: { getIdToken(): Promise<string> };
declare const auth0: { getIdTokenClaims(): Promise<{ readonly __raw: string } | undefined> };
declare const supabase: {
  readonly auth: {
    getSession(): Promise<{ readonly data: { readonly session: { readonly access_token: string } | null } }>;
  };
};
declare const turnstile: {
  render(container: string, options: TurnstileOptions): string;
  remove(widget: string): void;
};
interface TurnstileOptions {
  readonly sitekey: string;
  readonly appearance?: "always" | "execute" | "interaction-only";
  readonly callback?: (token: string) => void;
  readonly "error-callback"?: () => void;
}

interface Window {
  readonly Clerk: {
    readonly session: { getToken(options?: { readonly template?: string }): Promise<string | null> } | null;
  };
}

declare module "@/auth" {
  export function auth(): Promise<{ readonly user?: { readonly id?: string; readonly email?: string | null } } | null>;
}

declare module "firebase/auth" {
  export function getAuth(): { readonly currentUser: { getIdToken(): Promise<string> } | null };
}
