import { Directory, Ledger, onlyInstance as mintServer } from "../index.ts";
import { type AssetBindings, serveAsset } from "./assets.ts";

type MintServerEnv = Parameters<typeof mintServer.fetch>[1];

/** workerd looks for a Durable Object's class in the entry module. */
export { Directory, Ledger };

type LocalEnv = MintServerEnv & AssetBindings;

/** The mint-server with a page beside it: what `npm start` runs. */
// biome-ignore lint/style/noDefaultExport: workerd takes the handler from the default export.
export default {
  fetch(request: Request, env: LocalEnv): Promise<Response> {
    // First and by text alone: parsing the URL and asking the disk would be paid by every call of a model.
    return isApi(request.url) ? mintServer.fetch(request, env) : assetOrApi(request, env);
  },
};

async function assetOrApi(request: Request, env: LocalEnv): Promise<Response> {
  return (await serveAsset(request, env)) ?? mintServer.fetch(request, env);
}

function isApi(url: string): boolean {
  const path = url.indexOf("/", "http://".length + 1);
  return url.startsWith("/v1/", path) || url.startsWith("/health", path) || url.startsWith("/.well-known/", path);
}
