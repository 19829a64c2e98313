import { type Answer, failed, jsonAnswer } from "./answer.ts";
import type { RevocationTarget } from "./credentials/ledger.ts";
import type { Caller } from "./credentials/verify.ts";
import { fail, ok, type Result } from "./failures.ts";
import { readJsonObject } from "./model-request.ts";
import type { Visit } from "./routes.ts";

const MAX_FORM_BYTES = 4096;
const MAX_NAME_LENGTH = 256;

/**
 * `POST /credentials/revoke`: whoever's key issued credentials takes back one, all of a subject's, or all. It holds once
 * this has answered, for everything that is issued up to now; running streams end within two seconds.
 */
export async function revoke({ services, request, now }: Visit, caller: Caller): Promise<Answer> {
  if (caller.by === "credential") {
    const detail = "A temporary credential cannot revoke others. Use the key that issued them.";
    return failed({ kind: "insufficient_scope", param: null, detail });
  }
  const body = await readJsonObject(request, MAX_FORM_BYTES);
  if (!body.ok) return failed(body.failure);
  const target = targetOf(body.value);
  if (!target.ok) return failed(target.failure);
  try {
    await services.ledgerOf(caller.ledger).revoke(target.value, now);
  } catch {
    return failed({ kind: "ledger_unavailable" });
  }
  return jsonAnswer({ revoked: body.value, revoked_at: Math.floor(now / 1000) });
}

function targetOf(body: Readonly<Record<string, unknown>>): Result<RevocationTarget> {
  const [entry, ...more] = Object.entries(body);
  if (!entry || more.length > 0) return bad("jti", "Give one of `jti`, `subject` and `all`.");
  const [name, value] = entry;
  if (name === "all") return value === true ? ok({ kind: "org" }) : bad("all", "`all` must be true.");
  if (name !== "jti" && name !== "subject") return bad(name, `\`${name}\` is not a known field.`);
  if (typeof value !== "string" || value === "" || value.length > MAX_NAME_LENGTH)
    return bad(name, `\`${name}\` must hold 1 to ${MAX_NAME_LENGTH} characters.`);
  return ok(name === "jti" ? { kind: "jti", jti: value } : { kind: "subject", subject: value });
}

function bad(param: string, detail: string) {
  return fail({ kind: "bad_field", param, detail });
}
