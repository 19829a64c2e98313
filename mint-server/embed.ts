import { createApp } from "./app.ts";
import { compileConfig, type MintServerConfig } from "./config.ts";
import type { IssuedCredential } from "./contract/credential.ts";
import { issueCredential as issue } from "./credentials/issue.ts";
import { deriveKeyring } from "./credentials/keys.ts";
import { grantOf, type OrderFormInput, parseOrderForm } from "./credentials/order-form.ts";
import { describe } from "./failure-answers.ts";
import type { Failure } from "./failures.ts";
import { createServices, type Platform, type Services } from "./server.ts";

export type { MintServerConfig } from "./config.ts";
export type { EndpointConfig, OrgConfig, SessionsConfig, TemplateConfig } from "./config-schema.ts";
export type { IssuedCredential, Limits } from "./contract/credential.ts";
export type { JsMessage, JsModel, JsModelRequest } from "./providers/js-model.ts";
export type { Platform } from "./server.ts";

/** A mint-server to embed: its `fetch` answers every route of the API. */
export interface MintServer {
  readonly fetch: (request: Request) => Promise<Response>;
}

/**
 * Makes a mint-server from a configuration in code.
 *
 * @throws {SettingsError} if a field is wrong, with one line that names it.
 * @example
 * const server = createMintServer({
 *   secrets: [env.MINT_SECRET],
 *   publicURLs: ["https://app.example"],
 *   orgs: { default: { endpoints: [{ name: "openai", provider: "openai", apiKey: env.OPENAI_API_KEY }] } },
 * });
 * export default server;
 */
export function createMintServer(config: MintServerConfig, platform: Platform = {}): MintServer {
  const app = createApp();
  let services: Services | undefined;
  const starting = createServices(config, platform).then((started) => {
    services = started;
    return started;
  });
  return { fetch: async (request) => app(request, services ?? (await starting)) };
}

/** What to issue: the fields of `POST /credentials`, and whose endpoints serve. */
export interface CredentialOrder extends OrderFormInput {
  /** Whom the credential speaks for. */
  readonly subject: string;
  /** Organisation of the configuration; `default` unless given. */
  readonly org?: string;
}

/**
 * Issues a temporary credential in code, without a request. It is good at every mint-server with the same newest secret
 * and the same main public URL.
 *
 * @throws {SettingsError} if a field of the configuration is wrong.
 * @throws {TypeError} if one of the order is, with one line that names it.
 * @example
 * const { key, expires_at } = await issueCredential(config, { subject: user.id, model: "gpt-4o", ttl_seconds: 600 });
 */
export async function issueCredential(
  config: MintServerConfig,
  { org = "default", ...order }: CredentialOrder,
): Promise<IssuedCredential> {
  const { orgs, secrets, publicURLs } = compileConfig(config);
  const templates = orgs.get(org)?.templates;
  if (!templates) throw new TypeError("`org` is no organisation of the configuration.");
  if (typeof order.subject !== "string") throw new TypeError("`subject` is missing.");
  const form = parseOrderForm({ ...order });
  if (!form.ok) throw errorOf(form.failure);
  const grant = grantOf(form.value, { org, templates });
  if (!grant.ok) throw errorOf(grant.failure);
  const { jkt, ttl_seconds: ttlSeconds } = form.value;
  const issued = await issue(await deriveKeyring(secrets), {
    issuer: publicURLs[0] ?? "",
    subject: order.subject,
    grant: grant.value,
    ttlSeconds,
    ...(jkt ? { jkt } : {}),
    now: Date.now(),
  });
  if (!issued.ok) throw errorOf(issued.failure);
  return issued.value;
}

function errorOf(failure: Failure): TypeError {
  return new TypeError(describe(failure).details.message);
}
