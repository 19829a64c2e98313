import type { Endpoint } from "../providers/provider.ts";

/** What is opened at a provider. */
export interface RealtimeTarget {
  readonly model: string;
  readonly sessionType: "realtime" | "transcription";
}

/** Where an endpoint's sessions are opened, as `fetch` takes it; `undefined` where there is no such place. */
export function realtimeURL({ provider, baseURL, options }: Endpoint, target: RealtimeTarget): string | undefined {
  const { model, sessionType } = target;
  const url = provider.realtime?.url({
    baseURL,
    model: options.deployments?.get(model) ?? model,
    transcribes: sessionType === "transcription",
  });
  return url !== undefined && URL.canParse(url) && new URL(url).href === url ? url : undefined;
}
