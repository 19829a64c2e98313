/** The floor: the least that a Worker on workerd can do with a request and still hand it on. */
const floor = {
  fetch: (request: Request, env: { readonly UPSTREAM: string }): Promise<Response> => fetch(env.UPSTREAM, request),
};

// biome-ignore lint/style/noDefaultExport: workerd takes the handler from the default export.
export default floor;
