import { type Answer, failed, jsonAnswer } from "./answer.ts";
import { issueCredential } from "./credentials/issue.ts";
import { grantOf, parseOrderForm } from "./credentials/order-form.ts";
import type { Caller } from "./credentials/verify.ts";
import { fail, ok, type Result } from "./failures.ts";
import { readJsonObject } from "./model-request.ts";
import type { Visit } from "./routes.ts";

const MAX_FORM_BYTES = 64 * 1024;

/** `POST /credentials`: a key's owner issues a credential that can do no more than the key. */
export async function issue({ services, request, now }: Visit, caller: Caller): Promise<Answer> {
  if (caller.by === "credential") {
    return failed({
      kind: "insufficient_scope",
      param: null,
      detail: "A temporary credential cannot issue another. Use a key.",
    });
  }
  const body = await readJsonObject(request, MAX_FORM_BYTES);
  if (!body.ok) return failed(body.failure);
  const form = parseOrderForm(body.value);
  if (!form.ok) return failed(form.failure);
  const grant = grantOf(form.value, { org: caller.grant.org, templates: caller.org?.templates });
  if (!grant.ok) return failed(grant.failure);
  const { subject, jkt, ttl_seconds: ttlSeconds } = form.value;
  const issued = await issueCredential(services.keyring, {
    issuer: services.config.publicURLs[0] ?? "",
    subject: subject ?? caller.subject,
    grant: grant.value,
    ttlSeconds,
    ...(jkt ? { jkt } : {}),
    ...(caller.providerKey === undefined ? {} : { providerKey: caller.providerKey }),
    now,
  });
  return issued.ok ? jsonAnswer(issued.value) : failed(issued.failure);
}

/** `POST /credentials/session`: a browser asks for itself. */
export async function answerSession({ services, request, path, now }: Visit): Promise<Answer> {
  const body = await readJsonObject(request, MAX_FORM_BYTES);
  if (!body.ok) return failed(body.failure);
  const asked = parseSessionForm(body.value);
  if (!asked.ok) return failed(asked.failure);
  const { template, token: challenge } = asked.value;
  const issued = await services.openSession(request, { path, now, template, challenge });
  const nonce = await services.proofs.nonce(now);
  const answer = issued.ok ? jsonAnswer(issued.value) : failed(issued.failure);
  return { ...answer, headers: { "dpop-nonce": nonce, ...answer.headers } };
}

/** Fields of a session request, all of them texts. */
const SESSION_FIELDS = ["template", "token"] as const;

type SessionForm = { readonly [Name in (typeof SESSION_FIELDS)[number]]?: string };

function parseSessionForm(body: Readonly<Record<string, unknown>>): Result<SessionForm> {
  for (const [name, value] of Object.entries(body)) {
    const isKnown = SESSION_FIELDS.some((field) => field === name);
    if (isKnown && (value === null || (typeof value === "string" && value !== ""))) continue;
    const problem = isKnown ? "must be a text" : "is not a known field";
    return fail({ kind: "bad_field", param: name, detail: `\`${name}\` ${problem}.` });
  }
  return ok(Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null)));
}
