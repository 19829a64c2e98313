import { type KvBindings, localKv } from "../../mint-server/local/kv.ts";
import { KvObject } from "../../mint-server/local/kv-object.ts";

export { KvObject, localKv };

interface Env extends KvBindings {
  readonly CACHE: KVNamespace;
}

/** Does with the real binding what a test asks for, and says what the binding said. */
async function call({ CACHE }: Env, request: Request): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const key = searchParams.get("key") ?? "";
  const ttl = searchParams.get("ttl");
  switch (request.method) {
    case "GET": {
      const value = await CACHE.get(key, "arrayBuffer");
      return new Response(value, { status: value ? 200 : 404 });
    }
    case "PUT":
      await CACHE.put(key, await request.arrayBuffer(), ttl === null ? {} : { expirationTtl: Number(ttl) });
      return new Response();
    case "DELETE":
      await CACHE.delete(key);
      return new Response();
    default:
      return Response.json(await CACHE.list());
  }
}

// biome-ignore lint/style/noDefaultExport: workerd takes the handler from the default export.
export default {
  fetch: (request: Request, env: Env): Promise<Response> =>
    call(env, request).catch((error: unknown) => new Response(String(error), { status: 500 })),
};
