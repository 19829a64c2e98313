/** The SDK is most of this page's code: it must not keep what is shown first waiting. */
export function loadSdk(): Promise<typeof import("openai")> {
  return import("openai");
}
