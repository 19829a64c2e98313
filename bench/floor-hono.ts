import { Hono } from "hono";

/** The same hand-on behind a router, for reference. */
const app = new Hono<{ Bindings: { readonly UPSTREAM: string } }>();
app.post("/v1/proxy/chat/completions", (context) => fetch(context.env.UPSTREAM, context.req.raw));

// biome-ignore lint/style/noDefaultExport: workerd takes the handler from the default export.
export default app;
