import { getMimeType } from "hono/utils/mime";
import { toBase64url } from "../contract/bytes.ts";
import { PUBLIC_HOSTS } from "../contract/hosts.ts";

/** Folders of files, each a workerd disk service. */
export interface AssetBindings {
  /** The demo, or whatever page is served in its place. */
  readonly PAGES: Fetcher;
  /** True where the pages' own policy is all there is. */
  readonly PAGES_WITHOUT_POLICY?: boolean;
  /** The page client and the ready-made worker. */
  readonly BROWSER: Fetcher;
}

/** Only plain names: no `%` that a file system would see decoded, no dot files, no empty or `..` part. */
const FILE_PATH = /^(?:\/[A-Za-z0-9_@][A-Za-z0-9._@-]*)+$/;
const BROWSER_FILE = /^\/mintgate[A-Za-z0-9_-]*\.js(?:\.map)?$/;

/** What takes far fewer bytes packed: for a phone that opens the page over a network. */
const PACKABLE = /\.(?:js|css|html|svg|webmanifest|map)$/;

const POLICY = {
  "content-security-policy": [
    "default-src 'self'",
    // The browser checks this before the worker sees a request.
    `connect-src 'self' ${[...new Set(PUBLIC_HOSTS.map(({ origin }) => origin))].join(" ")}`,
    "img-src 'self' data:",
    "style-src 'self'",
    "script-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
};

const SECURITY_HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

/** The file that a request asks for, or `undefined` if it asks for none. */
export async function serveAsset(request: Request, assets: AssetBindings): Promise<Response | undefined> {
  if (request.method !== "GET" && request.method !== "HEAD") return undefined;
  const { pathname } = new URL(request.url);
  const path = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
  if (!FILE_PATH.test(path)) return undefined;
  const file = await (BROWSER_FILE.test(path) ? assets.BROWSER : assets.PAGES).fetch(`http://disk${path}`);
  // A folder answers too, with a listing, which has no length.
  if (!file.ok || !file.headers.has("content-length")) return undefined;
  const bytes = await file.arrayBuffer();
  const etag = `"${await digest(bytes)}"`;
  const isPacked = PACKABLE.test(path) && /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
  const headers = {
    ...(assets.PAGES_WITHOUT_POLICY !== true && POLICY),
    ...SECURITY_HEADERS,
    "content-type": contentType(path),
    "cache-control": caching(path),
    // Packed bytes are others than the ones that were hashed.
    etag: isPacked ? `W/${etag}` : etag,
    vary: "accept-encoding",
    // workerd packs a body by its header.
    ...(isPacked && { "content-encoding": "gzip" }),
  };
  if (matches(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers });
  return new Response(request.method === "HEAD" ? null : bytes, { headers });
}

function contentType(path: string): string {
  return getMimeType(path) ?? "application/octet-stream";
}

/** The bundler puts a hash of the content into the name of everything in `assets/`, and nowhere else. */
function caching(path: string): string {
  return path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
}

function matches(condition: string | null, etag: string): boolean {
  return condition?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag) ?? false;
}

async function digest(bytes: ArrayBuffer): Promise<string> {
  return toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}
