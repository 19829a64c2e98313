import { type Answer, failed, jsonAnswer } from "../answer.ts";
import { EPHEMERAL_PREFIX, type Grant } from "../contract/credential.ts";
import { issueNarrower } from "../credentials/issue.ts";
import type { Caller } from "../credentials/verify.ts";
import { type Failure, ok, type Result } from "../failures.ts";
import { readJsonObject } from "../model-request.ts";
import { selectRoute } from "../providers/select.ts";
import type { Visit } from "../routes.ts";
import type { Services } from "../server.ts";
import { rulesFor, settledSession } from "./calls-leash.ts";
import { type AskedSession, parseClientSecretForm } from "./client-secrets-form.ts";
import type { Fields } from "./events.ts";
import { locksOf } from "./locks.ts";

const MAX_FORM_BYTES = 64 * 1024;
const DEFAULT_SECONDS = 600;
const ENDPOINTS = ["realtime"];
const NOTHING_ASKED: AskedSession = { type: "realtime" };

/** A credential for realtime sessions alone, before it is signed. */
interface Order {
  readonly caller: Caller;
  readonly grant: Grant & Required<Pick<Grant, "session" | "endpoints">>;
  readonly ttlSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

interface Issued {
  readonly key: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * `POST /realtime/client_secrets`, in OpenAI's shape: a WebSocket cannot carry a proof, so a bound credential is written
 * down once more without its key, for realtime sessions alone. It is the same credential: it counts on the same limits
 * and is revoked with it. For a key it is a new one. What the caller asks of the session, the holder cannot change.
 */
export async function createClientSecret(visit: Visit, caller: Caller): Promise<Answer> {
  const { services, request, now } = visit;
  if (caller.grant.session) return failed(CANNOT_ISSUE);
  const body = await readJsonObject(request, MAX_FORM_BYTES);
  if (!body.ok) return failed(body.failure);
  const form = parseClientSecretForm(body.value);
  if (!form.ok) return failed(form.failure);
  const { session: asked = NOTHING_ASKED, expires_after: expiry } = form.value;
  const model = modelOf(asked);
  const settled = settle(visit, caller, { asked, model });
  if (!settled.ok) return failed(settled.failure);
  const grant = {
    ...caller.grant,
    endpoints: ENDPOINTS,
    ...(model !== undefined && { models: [model] }),
    session: lockedBy(caller, form.value.session),
  };
  const issued = await sign(services, { caller, grant, ttlSeconds: expiry?.seconds ?? DEFAULT_SECONDS, now });
  if (!issued.ok) return failed(issued.failure);
  const { key, expiresAt } = issued.value;
  const named = asked.type === "realtime" && model !== undefined ? { model } : {};
  const session = describe(asked.type, { ...named, ...settled.value });
  return jsonAnswer({ value: `${EPHEMERAL_PREFIX}${key}`, expires_at: expiresAt, session });
}

const CANNOT_ISSUE: Failure = {
  kind: "insufficient_scope",
  param: null,
  detail: "A credential for realtime sessions cannot issue another.",
};

interface Wanted {
  readonly asked: AskedSession;
  readonly model: string | undefined;
}

/** The session that its holder will get, if all of it may be asked for. */
function settle({ services, request }: Visit, caller: Caller, { asked, model }: Wanted): Result<Fields> {
  if (model !== undefined) {
    const route = selectRoute(services.config, caller, { model, headers: request.headers });
    if (!route.ok) return route;
  }
  return settledSession(rulesFor(caller, model ?? ""), { ...asked, ...(asked.type === "realtime" && { model }) });
}

/** A session that only transcribes has no other model. */
function modelOf(asked: AskedSession): string | undefined {
  return asked.type === "realtime" ? asked.model : asked.audio?.input?.transcription?.model;
}

/**
 * What the holder cannot change. The model stands in the grant's `models`, and of what a template leaves no room for
 * nothing gets in this way either.
 */
function lockedBy(caller: Caller, asked: AskedSession | undefined): Fields {
  const { model: _, tracing: __, ...session }: Fields = { ...asked };
  const { allow } = locksOf(caller);
  if (!allow) return session;
  return Object.fromEntries(Object.entries(session).filter(([name]) => name === "type" || allow.has(name)));
}

async function sign({ keyring, config }: Services, { caller, grant, ttlSeconds, now }: Order): Promise<Result<Issued>> {
  const { subject, providerKey } = caller;
  const issuer = config.publicURLs[0] ?? "";
  const sealed = providerKey === undefined ? {} : { providerKey };
  const atMost = Math.floor(now / 1000) + ttlSeconds;
  const { jti, issuedAt, expiresAt } = caller.credential ?? brandNew(now);
  const exp = Math.min(expiresAt, atMost);
  const order = { issuer, subject, jti, issuedAt, expiresAt: exp, grant, ...sealed };
  const signed = await issueNarrower(keyring, order);
  return signed.ok ? ok({ key: signed.value, expiresAt: exp }) : signed;
}

/** Where a key issues, there is no credential yet. */
function brandNew(now: number) {
  return { jti: crypto.randomUUID(), issuedAt: Math.floor(now / 1000), expiresAt: Number.POSITIVE_INFINITY };
}

/** As OpenAI writes sessions. */
function describe(type: AskedSession["type"], session: Fields): Fields {
  const id = `sess_${crypto.randomUUID().replaceAll("-", "")}`;
  const object = type === "transcription" ? "realtime.transcription_session" : "realtime.session";
  return { id, object, ...session, type };
}
