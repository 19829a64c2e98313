import { reportOffline, reportReached } from "./connection.ts";

/** What the mint-server says against a request, in words for the person. */
export interface ApiProblem {
  readonly sentence: string;
  /** The field that is wrong, such as `limits.usd`. */
  readonly param?: string;
  /** HTTP status and code, for those who look them up. */
  readonly detail?: string;
}

export type Asked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: ApiProblem };

interface Order {
  /** Without one the request carries none. */
  readonly key?: string | undefined;
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Asks the mint-server with a key of the person's own. Under `/v1`: what goes to `/v1/proxy` gets the Service Worker's
 * credential in place of the key.
 */
export async function callApi<T>(path: string, order: Order = {}): Promise<Asked<T>> {
  const { key, method = "GET", body, headers } = order;
  // A header takes no others, and the browser would not say so.
  if (key && !/^[\x21-\x7e]+$/.test(key)) return { ok: false, problem: { sentence: "No key holds such characters." } };
  try {
    const answer = await fetch(`/v1/${path}`, {
      method,
      credentials: "omit",
      cache: "no-store",
      headers: {
        ...headers,
        ...(key && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    reportReached();
    const said: unknown = await answer.json().catch(() => undefined);
    return answer.ok ? { ok: true, value: said as T } : { ok: false, problem: problemOf(answer.status, said) };
  } catch {
    reportOffline();
    return { ok: false, problem: { sentence: "The server could not be reached. Nothing was changed." } };
  }
}

function problemOf(status: number, said: unknown): ApiProblem {
  const { error } = (said ?? {}) as { readonly error?: Readonly<Record<string, unknown>> };
  const text = (name: string): string | undefined => {
    const value = error?.[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const param = text("param");
  return {
    sentence: text("message") ?? "The server gave no reason.",
    ...(param !== undefined && { param }),
    detail: [status, text("code")].filter(Boolean).join(" · "),
  };
}
