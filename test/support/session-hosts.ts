import { randomUUID } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** How a host answers: a status with a body, silence, or a connection that breaks. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or text as it is. */
  readonly body?: unknown;
  readonly never?: true;
  readonly breaks?: true;
}

interface Host {
  readonly url: string;
  /** Answers in place of a good one, used up in order. */
  readonly next: Reply[];
  stop(): Promise<void>;
}

export interface Siteverify extends Host {
  /** Tokens that it was asked about. */
  readonly asked: string[];
  /** A token as the widget hands it out when a visitor has solved the challenge. */
  solve(hostname?: string): string;
}

/** Starts a verifier of challenges: it says yes to each token that it knows, once, and to holders of the secret key alone. */
export async function startSiteverify(secretKey: string): Promise<Siteverify> {
  const solved = new Map<string, string>();
  const asked: string[] = [];
  const verify = (form: URLSearchParams): Reply => {
    const token = form.get("response") ?? "";
    asked.push(token);
    if (form.get("secret") !== secretKey) return refusal("invalid-input-secret");
    const hostname = solved.get(token);
    if (hostname === undefined)
      return refusal(asked.indexOf(token) < asked.length - 1 ? USED : "invalid-input-response");
    solved.delete(token);
    return { body: { success: true, "error-codes": [], challenge_ts: new Date().toISOString(), hostname } };
  };
  const host = await startHost("/siteverify", (message, text) => {
    const isForm = message.headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
    return message.method === "POST" && isForm ? verify(new URLSearchParams(text)) : { status: 400 };
  });
  return {
    ...host,
    asked,
    solve(hostname = "app.example") {
      const token = `0.canary-challenge-${randomUUID()}`;
      solved.set(token, hostname);
      return token;
    },
  };
}

const USED = "timeout-or-duplicate";

function refusal(code: string): Reply {
  return { body: { success: false, "error-codes": [code] } };
}

export interface AppBackEnd extends Host {
  /** Headers of the requests that it was asked with. */
  readonly asked: IncomingHttpHeaders[];
  /** Users by what their cookie or `Authorization` says. */
  readonly users: Map<string, object>;
}

/** Starts an app's back end with a page that says whose session a request belongs to. */
export async function startAppBackEnd(): Promise<AppBackEnd> {
  const asked: IncomingHttpHeaders[] = [];
  const users = new Map<string, object>();
  const host = await startHost("/session", ({ method, headers }) => {
    asked.push(headers);
    const user = users.get(headers.cookie ?? "") ?? users.get(headers.authorization ?? "");
    return method === "GET" && user ? { body: user } : { status: 401, body: "Sign in" };
  });
  return { ...host, asked, users };
}

async function startHost(path: string, answer: (message: IncomingMessage, text: string) => Reply): Promise<Host> {
  const next: Reply[] = [];
  const server = createServer(async (message, response) => {
    const text = Buffer.concat(await Array.fromAsync<Buffer<ArrayBuffer>>(message)).toString();
    const good = message.url === path ? answer(message, text) : { status: 404 };
    const { status = 200, headers, body = "", never, breaks }: Reply = next.shift() ?? good;
    if (breaks) response.destroy();
    if (breaks || never) return;
    const isText = typeof body === "string";
    response.writeHead(status, { "content-type": isText ? "text/html" : "application/json", ...headers });
    response.end(isText ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    next,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
