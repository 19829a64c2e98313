import { type Asked, callApi } from "../state/api.ts";
import { keys } from "../state/keys.ts";

/** A line of `GET /admin/orgs`. Times in Unix seconds. */
export interface OrgRow {
  readonly name: string;
  readonly source: "settings" | "directory";
  readonly secret?: "current" | "older" | "removed";
  readonly updated_at?: number;
}

export interface CustomModel {
  readonly flavor: string;
  readonly format: string;
  readonly multimodal?: boolean;
  readonly inputCostPerMillionTokens?: number;
  readonly outputCostPerMillionTokens?: number;
}

/** An endpoint of an organisation. Secrets are marks, such as `sealed:…9d4e`. */
export interface EndpointConfig {
  readonly name: string;
  readonly provider: string;
  readonly baseURL?: string;
  readonly models?: readonly string[];
  readonly weight?: number;
  readonly customModels?: Readonly<Record<string, CustomModel>>;
  readonly [other: string]: unknown;
}

export interface OrgConfig {
  /** Marks of its project keys. */
  readonly keys?: readonly string[];
  readonly origins?: readonly string[];
  readonly endpoints?: readonly EndpointConfig[];
  readonly [other: string]: unknown;
}

export interface AuditRow {
  readonly id: number;
  /** Unix seconds. */
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly org: string;
  readonly detail: string;
}

interface Page<T> {
  readonly data: readonly T[];
  readonly has_more: boolean;
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

function ask<T>(path: string, method: Method = "GET", body?: unknown): Promise<Asked<T>> {
  return callApi<T>(`admin/${path}`, { method, key: keys.get().admin, ...(body !== undefined && { body }) });
}

const orgPath = (name: string): string => `orgs/${encodeURIComponent(name)}`;

/** Organisations by name, from after one. */
export function listOrgs(after?: string): Promise<Asked<Page<OrgRow>>> {
  return ask(`orgs?limit=100${after === undefined ? "" : `&after=${encodeURIComponent(after)}`}`);
}

export function getOrg(name: string): Promise<Asked<OrgConfig>> {
  return ask(orgPath(name));
}

export function createOrg(name: string, config: OrgConfig): Promise<Asked<OrgConfig>> {
  return ask(orgPath(name), "PUT", config);
}

/** Changes one as it stands now. Its project keys stay as they are. */
export async function changeOrg(name: string, change: (config: OrgConfig) => OrgConfig): Promise<Asked<OrgConfig>> {
  const before = await getOrg(name);
  if (!before.ok) return before;
  const { keys: _kept, ...config } = change(before.value);
  return ask(orgPath(name), "PUT", config);
}

export function deleteOrg(name: string): Promise<Asked<unknown>> {
  return ask(orgPath(name), "DELETE");
}

export interface MadeKey {
  readonly id: string;
  readonly key: string;
}

/** A new project key. The answer is the only one that ever holds it. */
export function makeKey(name: string): Promise<Asked<MadeKey>> {
  return ask(`${orgPath(name)}/keys`, "POST");
}

export function deleteKey(name: string, id: string): Promise<Asked<unknown>> {
  return ask(`${orgPath(name)}/keys/${encodeURIComponent(id)}`, "DELETE");
}

/** The latest changes, newest first. */
export function listChanges(): Promise<Asked<Page<AuditRow>>> {
  return ask("audit?limit=20");
}
