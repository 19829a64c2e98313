import { PROXY_PREFIX } from "../mint-server/contract/hosts.ts";

/** What both the page and the worker need to know; an app sets it once, in `register()` or in `installProxy()`. */
export interface ProxyOptions {
  /** Base URL of the mint-server, its prefix included. Default: `/v1/proxy` of the page's own origin. */
  readonly mintServer?: string;
  /** Organisation to mint for (`x-bt-org-name`). Default: the mint-server picks by the page's origin. */
  readonly org?: string;
  /** Session template that the organisation offers by this name. */
  readonly template?: string;
  /** Answer for the public hosts of the providers' SDKs too. Default: true. */
  readonly publicHosts?: boolean;
  /** Ask the page for the app's ID token before minting. `register({ session })` sets it. */
  readonly askSession?: boolean;
  /** What answers kept in this browser may take; `false` keeps none. Default: 32 MiB. */
  readonly cache?: { readonly maxBytes: number } | false;
}

/** Options with every default filled in. URLs are absolute and have no slash at their end. */
export interface Settings {
  readonly origin: string;
  readonly mintServer: string;
  readonly org: string | undefined;
  readonly template: string | undefined;
  readonly publicHosts: boolean;
  readonly askSession: boolean;
  /** 0 keeps nothing. */
  readonly cacheBytes: number;
}

const CACHE_BYTES = 32 * 1024 * 1024;

/**
 * Fills in the defaults. `pageURL`: what a relative `mintServer` is relative to. Throws a TypeError for a broken URL, and for
 * a cache of no size.
 */
export function resolveSettings(options: ProxyOptions, pageURL: string): Settings {
  const { origin } = new URL(pageURL);
  return {
    origin,
    mintServer: new URL(options.mintServer ?? PROXY_PREFIX, origin).href.replace(/\/+$/, ""),
    org: options.org,
    template: options.template,
    publicHosts: options.publicHosts ?? true,
    askSession: options.askSession ?? false,
    cacheBytes: cacheBytes(options),
  };
}

function cacheBytes({ cache }: ProxyOptions): number {
  const maxBytes = cache === false ? 0 : (cache?.maxBytes ?? CACHE_BYTES);
  if (!(maxBytes >= 0)) throw new TypeError("The option `cache.maxBytes` is no number of bytes.");
  return maxBytes;
}

/**
 * The worker's script URL with the options in its query: the one place where a worker finds them again after the
 * browser has stopped it. Options left at their default add nothing.
 */
export function withOptions(scriptURL: string, options: ProxyOptions): string {
  const query = new URLSearchParams();
  if (options.mintServer !== undefined) query.set("mint", options.mintServer);
  if (options.org !== undefined) query.set("org", options.org);
  if (options.template !== undefined) query.set("template", options.template);
  if (options.publicHosts === false) query.set("hosts", "0");
  if (options.askSession) query.set("session", "1");
  if (options.cache !== undefined) query.set("cache", String(cacheBytes(options)));
  const text = query.toString();
  return text ? `${scriptURL}${scriptURL.includes("?") ? "&" : "?"}${text}` : scriptURL;
}

/** The options in a worker's script URL; the inverse of {@link withOptions}. */
export function optionsFromScript(scriptURL: string): ProxyOptions {
  const query = new URL(scriptURL).searchParams;
  const text = (name: string, key: "mintServer" | "org" | "template") => {
    const value = query.get(name);
    return value === null ? {} : { [key]: value };
  };
  return {
    ...text("mint", "mintServer"),
    ...text("org", "org"),
    ...text("template", "template"),
    ...(query.get("hosts") === "0" && { publicHosts: false }),
    ...(query.get("session") === "1" && { askSession: true }),
    ...(Number(query.get("cache") ?? Number.NaN) >= 0 && { cache: { maxBytes: Number(query.get("cache")) } }),
  };
}
