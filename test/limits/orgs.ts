import { type Rig, type RigOptions, startRig } from "../support/rig.ts";
import { priced } from "./priced.ts";

/** Project keys of the organisations of {@link startOrgs}. */
export const KEYS = {
  /** No cap. */
  plain: "project-key-of-plain",
  /** Has money for five requests of `priced()` a day. */
  capped: "project-key-of-capped",
  /** Has three requests a minute, and 50 tokens a request. */
  narrow: "project-key-of-narrow",
  /** Two endpoints; that of weight 1000 cannot be reached. */
  half: "project-key-of-half",
  /** Anyone may come in from {@link DOOR_ORIGIN}. */
  door: "project-key-of-door",
} as const;
export const DOOR_ORIGIN = "https://door.example";
export type OrgName = keyof typeof KEYS;

/** Money that `capped` has, in micro-dollars. */
export const CAP = 5 * priced().hold;

/** A server whose organisations have OpenAI, Anthropic and Google at the stand-in, and caps of their own. */
export function startOrgs({ settings }: Pick<RigOptions, "settings"> = {}): Promise<Rig> {
  return startRig({
    ...(settings && { settings }),
    config(baseURL) {
      const root = new URL(baseURL).origin;
      const endpoints = [
        { name: "openai", provider: "openai", apiKey: "$OPENAI_API_KEY", baseURL },
        { name: "anthropic", provider: "anthropic", apiKey: "key-of-anthropic", baseURL: root },
        {
          name: "bedrock",
          provider: "bedrock",
          apiKey: "key-of-bedrock",
          baseURL: root,
          aws: { region: "us-east-1" },
        },
        { name: "google", provider: "google", apiKey: "key-of-google", baseURL: root },
        {
          name: "own",
          provider: "custom",
          apiKey: "key-of-own",
          baseURL,
          customModels: {
            unpriced: { flavor: "chat", format: "openai", multimodal: false },
            silent: {
              flavor: "chat",
              format: "openai",
              multimodal: false,
              inputCostPerMillionTokens: 2.5,
              outputCostPerMillionTokens: 10,
            },
          },
        },
      ];
      const dead = {
        name: "dead",
        provider: "openai",
        apiKey: "sk-dead",
        baseURL: "http://127.0.0.1:9/v1",
        weight: 1000,
      };
      return {
        orgs: {
          plain: { keys: [KEYS.plain], endpoints },
          capped: { keys: [KEYS.capped], endpoints, limits: { usd: CAP / 1e6 } },
          narrow: { keys: [KEYS.narrow], endpoints, limits: { requestsPerMinute: 3, maxTokensPerRequest: 50 } },
          door: {
            keys: [KEYS.door],
            origins: [DOOR_ORIGIN],
            endpoints,
            sessions: { authorize: { type: "anonymous" }, limits: { requests: 100 } },
          },
          half: { keys: [KEYS.half], endpoints: [dead, ...endpoints.slice(0, 1)] },
        },
      };
    },
  });
}

/** Authority of a new credential: `Bearer …`. */
export async function credentialFor(rig: Rig, org: OrgName, order: object = {}): Promise<string> {
  return `Bearer ${(await rig.issue(order, `Bearer ${KEYS[org]}`)).key}`;
}
