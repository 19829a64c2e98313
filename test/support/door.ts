import { expect } from "vitest";
import type { IssuedCredential } from "../../mint-server/contract/credential.ts";
import type { DpopClient } from "./dpop.ts";
import { type OidcIssuer, startOidc } from "./oidc.ts";
import { APP_ORIGIN, type Rig, startRig } from "./rig.ts";

/** Origin of the organisation whose door asks for an ID token. */
export const MEMBERS_ORIGIN = "https://members.example";
/** Origin of the organisation that has no door. */
export const CLOSED_ORIGIN = "https://closed.example";
/** Origin of the organisation whose door lets one of a network in a minute, and ten of unknown ones. */
export const NARROW_ORIGIN = "https://narrow.example";

/** A server with an open door (`default`), one for those who signed in (`members`), a `narrow` one, and none (`closed`). */
export async function startDoors(): Promise<{ readonly rig: Rig; readonly oidc: OidcIssuer }> {
  const oidc = await startOidc();
  const rig = await startRig({
    config: (baseURL) => {
      const endpoints = [{ name: "openai", provider: "openai", apiKey: "$OPENAI_API_KEY", baseURL }];
      const anonymous = { authorize: { type: "anonymous" }, models: ["gpt-4o*"], ttlSeconds: 300 };
      const members = { authorize: { type: "oidc", issuer: oidc.issuer, audience: "app" } };
      return {
        orgs: {
          default: { origins: [APP_ORIGIN], endpoints, sessions: anonymous },
          members: { origins: [MEMBERS_ORIGIN], endpoints, sessions: members },
          narrow: {
            origins: [NARROW_ORIGIN],
            endpoints,
            sessions: { authorize: { type: "anonymous" }, rate: { perMinute: 1 } },
          },
          closed: { keys: ["a-project-key-of-closed"], origins: [CLOSED_ORIGIN], endpoints },
        },
      };
    },
  });
  return { rig, oidc };
}

export interface Knock {
  readonly who: DpopClient;
  /** `null` sends none. */
  readonly origin?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks the session door for a credential, as a browser's worker does. */
export async function knockAt(rig: Rig, { who, origin = APP_ORIGIN, headers = {}, body = "{}" }: Knock) {
  const all = { "content-type": "application/json", ...(origin === null ? {} : { origin }), ...headers };
  const answer = await who.fetch(rig.url("credentials/session"), { method: "POST", headers: all, body });
  const parsed = (await answer.json()) as Partial<IssuedCredential> & { error?: { code: string } };
  expect(answer.headers.get("cache-control")).toBe("no-store");
  return { status: answer.status, code: parsed.error?.code, issued: parsed as IssuedCredential };
}
