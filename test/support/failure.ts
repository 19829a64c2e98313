import { expect } from "vitest";
import { APP_ORIGIN } from "./rig.ts";

/** Our code in an error's body, in whatever shape its schema has. */
export function codeOf(body: unknown): unknown {
  const { error } = body as { error?: { code?: unknown; details?: readonly { metadata?: { code?: string } }[] } };
  return error?.details ? error.details[0]?.metadata?.code : error?.code;
}

/** Checks what every error has in common, and returns what tells it from others. The request must have come from `APP_ORIGIN`. */
export async function failureOf(answer: Response) {
  const text = await answer.text();
  const { error, ...rest } = JSON.parse(text) as { error: Record<string, unknown> };
  expect(rest).toEqual({});
  expect(Object.keys(error).sort()).toEqual(["code", "message", "param", "type"]);
  expect([typeof error.message, typeof error.type]).toEqual(["string", "string"]);
  expect(error.message).not.toMatch(/https?:(?!\/\/app\.example)|\bat .+:\d+|node_modules|127\.0\.0\.1/);
  expect(answer.headers.get("content-type")).toBe("application/json");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("vary")).toMatch(/\bOrigin\b/);
  expect(answer.headers.get("access-control-allow-origin")).toBe(APP_ORIGIN);
  return { status: answer.status, code: error.code, param: error.param, message: String(error.message) };
}
