import { LLMock } from "@copilotkit/aimock";

/** What the other provider says to a message that holds one of the words `speak` and `call`. */
export const OTHER_ANSWERS = {
  text: "Grüße, 世界 🎉 from elsewhere.",
  calls: [
    { name: "weather", arguments: { city: 'Paris "été" 🎉', days: 3 } },
    { name: "weather", arguments: { city: "Oslo", days: 1 } },
  ],
} as const;

/** A stand-in provider by other authors. */
export interface OtherProvider {
  /** What OpenAI's path `/v1/…`, Anthropic's, Gemini's (`/v1beta/…`) and Bedrock's (`/model/…`) hang on. */
  readonly origin: string;
  stop(): Promise<void>;
}

/**
 * Starts a provider that speaks the formats as other authors understand them: a second opinion on how answers are
 * read. It has none on requests, which it takes nearly as they come.
 */
export async function startOtherProvider(): Promise<OtherProvider> {
  const mock = new LLMock({ port: 0, strict: true });
  const { text, calls } = OTHER_ANSWERS;
  mock.onMessage("speak", { content: text });
  mock.onMessage("call", {
    toolCalls: calls.map((call) => ({ name: call.name, arguments: JSON.stringify(call.arguments) })),
  });
  await mock.start();
  return { origin: mock.url, stop: () => mock.stop() };
}
