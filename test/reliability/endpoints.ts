import type { Endpoint } from "../../mint-server/providers/provider.ts";
import { providerById } from "../../mint-server/providers/table.ts";

/** An endpoint that nobody calls. */
export function endpointCalled(name: string, rest: Partial<Endpoint> = {}): Endpoint {
  const provider = providerById("openai");
  if (!provider) throw new Error("no such provider");
  return {
    name,
    provider,
    baseURL: "https://provider.example/v1",
    auth: "bearer",
    headers: {},
    customModels: new Map(),
    options: {},
    weight: 1,
    supportsStreaming: true,
    ...rest,
  };
}
