/** A provider that clients are answered by, and a model of it. */
export interface Provider {
  readonly name: string;
  readonly model: string;
  /** Where it is asked, in the one format or the two that it speaks. */
  readonly paths: RegExp;
}

export const PROVIDERS: readonly Provider[] = [
  { name: "OpenAI", model: "gpt-4o", paths: /^\/v1\/(chat\/completions|responses)$/ },
  { name: "OpenAI's Responses alone", model: "o3-pro", paths: /^\/v1\/responses$/ },
  { name: "Anthropic", model: "claude-sonnet-4-5", paths: /^\/v1\/messages$/ },
  {
    name: "Google",
    model: "gemini-3-pro-preview",
    paths: /^\/v1beta\/models\/gemini-3-pro-preview:(generateContent|streamGenerateContent\?alt=sse)$/,
  },
  {
    name: "Bedrock",
    model: "anthropic.claude-sonnet-4-5-20250929-v1:0",
    paths: /^\/model\/[\w.-]+%3A0\/converse(-stream)?$/,
  },
  { name: "Mistral", model: "mistral-large-latest", paths: /^\/at-mistral\/v1\/chat\/completions$/ },
];

/** Settings of a server that has all of them, stood in for at this port. */
export function providerSettings(port: number): Readonly<Record<string, string>> {
  const root = `http://127.0.0.1:${port}`;
  return {
    OPENAI_BASE_URL: `${root}/v1`,
    ANTHROPIC_API_KEY: "key-of-anthropic",
    ANTHROPIC_BASE_URL: root,
    GEMINI_API_KEY: "key-of-google",
    GOOGLE_BASE_URL: root,
    AWS_BEARER_TOKEN_BEDROCK: "key-of-bedrock",
    AWS_REGION: "us-east-1",
    BEDROCK_BASE_URL: root,
    MISTRAL_API_KEY: "key-of-mistral",
    MISTRAL_BASE_URL: `${root}/at-mistral/v1`,
  };
}
