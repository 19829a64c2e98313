/** Path of an endpoint below a provider's base URL. Model endpoints are named after it. */
export function upstreamPath(endpoint: string): string {
  return `/${endpoint}`;
}
