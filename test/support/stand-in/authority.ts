import type { Problem } from "./check.ts";
import type { Credential, Format } from "./format.ts";
import type { Asked } from "./turn.ts";

interface Authority {
  readonly format: Format;
  readonly asked: Asked;
  readonly method: string | undefined;
  /** Keys that are accepted; any unless given. */
  readonly apiKeys: readonly string[] | undefined;
}

/** Why a request is not let in: no key where this provider looks for it, or the wrong one; or no `POST`. */
export function authorityProblem({ format, asked, method, apiKeys }: Authority): Problem | undefined {
  const held = format.credentials.map((kind) => credential(kind, asked));
  const signed = String(asked.headers.authorization ?? "").startsWith("AWS4-HMAC-SHA256 ");
  if (apiKeys && !signed && !held.some((key) => key !== undefined && apiKeys.includes(key))) {
    return { status: 401, message: "Incorrect API key provided.", code: "invalid_api_key" };
  }
  return method === "POST" ? undefined : { status: 405, message: "Not allowed." };
}

function credential(kind: Credential, { headers }: Asked): string | undefined {
  if (kind !== "bearer") return headers[kind]?.toString();
  return /^Bearer (.*)$/.exec(String(headers.authorization))?.[1];
}
