import { Answers, Calls, Directory, Ledger, onlyInstance as mintServer } from "../index.ts";
import { type AssetBindings, serveAsset } from "./assets.ts";
import { localKv } from "./kv.ts";
import { KvObject } from "./kv-object.ts";

type MintServerEnv = Parameters<typeof mintServer.fetch>[1];

/** workerd looks in the entry module for Durable Objects' classes, and for the entrypoint that serves the binding `CACHE`. */
export { Answers, Calls, Directory, KvObject, Ledger, localKv };

type LocalEnv = MintServerEnv & AssetBindings;

/** The mint-server with a page beside it: what `npm start` runs. */
// biome-ignore lint/style/noDefaultExport: workerd takes the handler from the default export.
export default {
  fetch(request: Request, env: LocalEnv): Promise<Response> {
    // First and by text alone: parsing the URL and asking the disk would be paid by every call of a model.
    return isApi(request.url) ? mintServer.fetch(request, env) : assetOrApi(request, env);
  },
};

const API = ["/v1/", "/health", "/metrics", "/.well-known/"] as const;

async function assetOrApi(request: Request, env: LocalEnv): Promise<Response> {
  return (await serveAsset(request, env)) ?? mintServer.fetch(request, env);
}

function isApi(url: string): boolean {
  const path = url.indexOf("/", "http://".length + 1);
  return API.some((beginning) => url.startsWith(beginning, path));
}
