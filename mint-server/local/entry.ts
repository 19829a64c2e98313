import mintServer, { Ledger } from "../index.ts";
import { type AssetBindings, serveAsset } from "./assets.ts";

type MintServerEnv = Parameters<typeof mintServer.fetch>[1];

/** workerd looks for a Durable Object's class in the entry module. */
export { Ledger };

/** The mint-server with a page beside it: what `npm start` runs. */
// biome-ignore lint/style/noDefaultExport: workerd takes the handler from the default export.
export default {
  fetch(request: Request, env: MintServerEnv & AssetBindings, ctx: ExecutionContext): Response | Promise<Response> {
    // First and by text alone: parsing the URL and asking the disk would be paid by every call of a model.
    if (isApi(request.url)) return mintServer.fetch(request, env, ctx);
    return assetOrApi(request, env, ctx);
  },
};

async function assetOrApi(
  request: Request,
  env: MintServerEnv & AssetBindings,
  ctx: ExecutionContext,
): Promise<Response> {
  return (await serveAsset(request, env)) ?? mintServer.fetch(request, env, ctx);
}

function isApi(url: string): boolean {
  const path = url.indexOf("/", "http://".length + 1);
  return url.startsWith("/v1/", path) || url.startsWith("/health", path) || url.startsWith("/.well-known/", path);
}
