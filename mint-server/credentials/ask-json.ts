import { parseJson } from "../contract/json.ts";

/** What another server answered to a question about a session. */
export interface JsonAnswer {
  readonly status: number;
  /** Absent where the answer is no JSON object, or too long to be one that was agreed on. */
  readonly body?: Readonly<Record<string, unknown>>;
}

const PATIENCE_MS = 5_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Asks another server, whose answer nobody may store and whose redirects lead nowhere. `undefined`: it gave none in time. */
export async function askJson(url: string, init: AskInit): Promise<JsonAnswer | undefined> {
  try {
    const response = await fetch(url, {
      ...init,
      headers: { accept: "application/json", ...init.headers },
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await readShort(response);
    const isJson = /^application\/json\s*(;|$)/i.test(response.headers.get("content-type") ?? "");
    const body = isJson && text !== undefined ? readObject(text) : undefined;
    return { status: response.status, ...(body && { body }) };
  } catch {
    return undefined;
  }
}

export interface AskInit {
  readonly method: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: URLSearchParams;
}

async function readShort({ body }: Response): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  const reader = body?.getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    text += decoder.decode(read.value, { stream: true });
    if (text.length > MAX_ANSWER_BYTES) {
      await reader?.cancel();
      return undefined;
    }
  }
  return text + decoder.decode();
}

function readObject(text: string): JsonAnswer["body"] {
  const parsed = parseJson(text);
  const value = parsed.ok ? parsed.value : undefined;
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
