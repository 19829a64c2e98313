import type { ErrorDetails } from "../contract/openai-error.ts";
import { allowsModel } from "../credentials/claims.ts";
import type { Caller } from "../credentials/verify.ts";
import { type Failure, fail, ok, type Result } from "../failures.ts";
import type { Fields } from "./events.ts";
import type { LeashRules } from "./leash-rules.ts";
import { leashSession } from "./leash-session.ts";
import { locksOf } from "./locks.ts";

/**
 * What a caller may ask of a session that it does not keep itself, since its events go past this server. Nothing is paid
 * before it begins there: what is to be paid for next is set aside ahead of it.
 */
export function rulesFor(caller: Pick<Caller, "by" | "grant" | "org">, model: string): LeashRules {
  const { by, grant } = caller;
  const { locked, allow } = locksOf(caller);
  return {
    locked,
    ...(allow && { allow }),
    model,
    allowsModel: (asked) => allowsModel(grant, asked),
    // Keys may do whatever their owner could do at the provider.
    hasFeature: (feature) => by !== "credential" || grant.features?.includes(feature) === true,
    paysFirst: false,
    isPriced: () => true,
  };
}

/** A session that was asked for as it may be: with what is locked in it, and without what a template leaves no room for. */
export function settledSession(rules: LeashRules, asked: Fields): Result<Fields> {
  const leashed = leashSession(rules, asked);
  return leashed.ok ? ok(leashed.value.session) : fail(failureOf(leashed.error));
}

function failureOf({ code, param = null, message }: ErrorDetails): Failure {
  return code === "insufficient_scope" || code === "model_not_allowed"
    ? { kind: "insufficient_scope", param: code === "model_not_allowed" ? "model" : param, detail: message }
    : { kind: "bad_field", param: param ?? "session", detail: message };
}
