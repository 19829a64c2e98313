import { type Rig, type RigOptions, startRig } from "../support/rig.ts";
import type { StandIn } from "../support/stand-in.ts";

export const ADMIN_KEY = "admin-canary-6b1f0c9d4e7a2853b1f0c9d4e7a2853c";
/** Keys of providers, as an admin gives them. Must occur in no answer, no log and no file. */
export const STORED_KEY = "sk-canary-of-the-stored-org-9d81c0f4a7";
export const STORED_HEADER = "canary-of-a-header-41d7b2e9c5";
export const CHOSEN_KEY = "canary-project-key-that-its-owner-chose-77ab";

export interface OrgRig extends Rig {
  /** What the organisations' endpoint leads to. */
  readonly upstream: StandIn;
  /** Asks the admin API. */
  admin(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The same, and must be a success. */
  must(method: string, path: string, body?: unknown): Promise<Answer["body"]>;
  /** An organisation with one endpoint: the stand-in. */
  org(more?: object): { endpoints: Record<string, unknown>[] } & Record<string, unknown>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for.
  readonly body: any;
}

/** The real server with an open admin API. `upstream` may outlive it; unless given, it is the rig's own stand-in. */
export async function startOrgRig({ upstream, ...options }: RigOptions & { upstream?: StandIn } = {}): Promise<OrgRig> {
  const rig = await startRig({ ...options, settings: { ADMIN_KEY, ...options.settings } });
  const admin: OrgRig["admin"] = async (method, path, body, headers = {}) => {
    const answer = await fetch(rig.url(`admin/${path}`), {
      method,
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return { status: answer.status, headers: answer.headers, body: JSON.parse(await answer.text()) as unknown };
  };
  return Object.assign(Object.create(rig) as Rig, {
    admin,
    upstream: upstream ?? rig.standIn,
    async must(method: string, path: string, body?: unknown) {
      const answer = await admin(method, path, body);
      if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body as unknown;
    },
    org: (more: object = {}) => ({
      endpoints: [
        {
          name: "main",
          provider: "openai",
          apiKey: STORED_KEY,
          baseURL: (upstream ?? rig.standIn).url,
          headers: { "x-team": STORED_HEADER },
        },
      ],
      ...more,
    }),
  });
}
