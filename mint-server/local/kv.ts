import type { KvObject } from "./kv-object.ts";

/** What the local KV is served with. */
export interface KvBindings {
  readonly KV_OBJECT: DurableObjectNamespace<KvObject>;
}

/** As Cloudflare's. */
const MAX_KEY_BYTES = 512;
const MIN_TTL_SECONDS = 60;
/** Cloudflare takes 25 MiB, but a row of SQLite in a Durable Object no more than this and a little. */
const MAX_VALUE_BYTES = 2 * 1024 * 1024;

/**
 * What stands behind a `kvNamespace` binding of bare workerd, which has no storage of its own for it: the binding's calls come as
 * HTTP requests (`kv.c++` of workerd), `GET`, `PUT` or `DELETE` of `/{key}?urlencoded=true`. Lists, metadata and several keys at
 * once are not served.
 */
export const localKv = {
  async fetch(request: Request, env: KvBindings): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const key = decoded(pathname.slice(1));
    if (key === undefined || key === "" || new TextEncoder().encode(key).length > MAX_KEY_BYTES) return refused(414);
    const values = env.KV_OBJECT.getByName("values");
    switch (request.method) {
      case "GET": {
        const value = await values.read(key);
        return value ? new Response(value) : refused(404);
      }
      case "PUT": {
        // First: a refusal that leaves the body unread breaks the connection.
        const value = await request.arrayBuffer();
        const ttlSeconds = Number(searchParams.get("expiration_ttl") ?? Number.POSITIVE_INFINITY);
        if (!(ttlSeconds >= MIN_TTL_SECONDS) || searchParams.has("expiration")) return refused(400);
        if (value.byteLength > MAX_VALUE_BYTES) return refused(413);
        await values.write(key, value, ttlSeconds);
        return new Response();
      }
      case "DELETE":
        await values.remove(key);
        return new Response();
      default:
        return refused(501);
    }
  },
};

function refused(status: number): Response {
  return new Response(null, { status });
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
