import { type Answer, failed, jsonAnswer } from "./answer.ts";
import type { Admin } from "./credentials/admin-key.ts";
import { addressPrefix } from "./credentials/client-address.ts";
import { fail, ok, type Result } from "./failures.ts";
import { readJsonObject } from "./model-request.ts";
import { askDirectory } from "./orgs/ask-directory.ts";
import { badField, showOrg } from "./orgs/marks.ts";
import {
  type AdminParts,
  type Author,
  checkName,
  deleteKey,
  deleteOrg,
  makeKey,
  putOrg,
  readOrg,
} from "./orgs/org-admin.ts";
import { reseal } from "./orgs/reseal.ts";
import type { Visit } from "./routes.ts";

// Loaded on demand: most servers never see such a request.

const MAX_ORG_BYTES = 1024 * 1024;
const MAX_LISTED = 1000;
const DEFAULT_AUDIT_ROWS = 100;

/** The admin API. Whoever calls these has been let in. */
export type AdminHandler = (visit: Visit, admin: Admin) => Promise<Answer>;

/** `GET /admin/orgs`: names and dates of all. Those of the settings come with the first page. */
export const listOrgs: AdminHandler = async (visit) => {
  const parts = await partsOf(visit);
  if (!parts.ok) return failed(parts.failure);
  const { reach, vault, config } = parts.value;
  const query = queryOf(visit);
  const after = query.get("after") ?? "";
  const limit = readCount(query, "limit", MAX_LISTED);
  if (!limit.ok) return failed(limit.failure);
  const listed = await askDirectory(reach, (directory) => directory.list({ after, limit: limit.value + 1 }));
  if (!listed.ok) return failed(listed.failure);
  const secretOf = (kid: string) => (kid === vault.kid ? "current" : vault.isLive(kid) ? "older" : "removed");
  const rows = listed.value.slice(0, limit.value).map(({ name, kid, createdAt, updatedAt }) => ({
    name,
    source: "directory",
    secret: secretOf(kid),
    created_at: seconds(createdAt),
    updated_at: seconds(updatedAt),
  }));
  const fixed = after === "" ? [...config.orgs.keys()].map((name) => ({ name, source: "settings" })) : [];
  return jsonAnswer({ object: "list", data: [...fixed, ...rows], has_more: listed.value.length > limit.value });
};

/** `GET /admin/orgs/{name}`: as `MINT_CONFIG` has it, each secret a mark. */
export const getOrg: AdminHandler = async (visit) => {
  const named = await namedOrg(visit);
  if (!named.ok) return failed(named.failure);
  const read = await readOrg(named.value.parts, named.value.name);
  return read.ok ? jsonAnswer(await showOrg(read.value)) : failed(read.failure);
};

/** `PUT /admin/orgs/{name}`: makes one, or replaces it. */
export const setOrg: AdminHandler = async (visit, admin) => {
  const named = await namedOrg(visit);
  if (!named.ok) return failed(named.failure);
  const { parts, name } = named.value;
  const body = await readJsonObject(visit.request, MAX_ORG_BYTES);
  if (!body.ok) return failed(body.failure);
  const put = await putOrg(parts, { name, body: body.value, author: authorOf(visit, admin) });
  if (!put.ok) return failed(put.failure);
  return jsonAnswer(await showOrg(put.value.org), put.value.created ? 201 : 200);
};

/** `DELETE /admin/orgs/{name}`. */
export const removeOrg: AdminHandler = async (visit, admin) => {
  const named = await namedOrg(visit);
  if (!named.ok) return failed(named.failure);
  const { parts, name } = named.value;
  const done = await deleteOrg(parts, { name, author: authorOf(visit, admin) });
  return done.ok ? jsonAnswer({ name, deleted: true }) : failed(done.failure);
};

/** `POST /admin/orgs/{name}/keys`: a new project key. */
export const createKey: AdminHandler = async (visit, admin) => {
  const named = await namedOrg(visit);
  if (!named.ok) return failed(named.failure);
  const { parts, name } = named.value;
  const made = await makeKey(parts, { name, author: authorOf(visit, admin) });
  if (!made.ok) return failed(made.failure);
  const { apiKey, stored } = made.value;
  return jsonAnswer({ id: stored.id, key: apiKey, org: name, created_at: seconds(stored.createdAt) }, 201);
};

/** `DELETE /admin/orgs/{name}/keys/{id}`. */
export const removeKey: AdminHandler = async (visit, admin) => {
  const named = await namedOrg(visit);
  if (!named.ok) return failed(named.failure);
  const { parts, name } = named.value;
  const done = await deleteKey(parts, { name, id: visit.id, author: authorOf(visit, admin) });
  return done.ok ? jsonAnswer({ id: visit.id, deleted: true }) : failed(done.failure);
};

/** `GET /admin/audit`: who changed what and when, newest first. */
export const getAudit: AdminHandler = async (visit) => {
  const parts = await partsOf(visit);
  if (!parts.ok) return failed(parts.failure);
  const query = queryOf(visit);
  const limit = readCount(query, "limit", DEFAULT_AUDIT_ROWS);
  if (!limit.ok) return failed(limit.failure);
  const before = readCount(query, "before", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  if (!before.ok) return failed(before.failure);
  const rows = await askDirectory(parts.value.reach, (directory) => directory.audit(before.value, limit.value + 1));
  if (!rows.ok) return failed(rows.failure);
  const data = rows.value.slice(0, limit.value).map(({ version, at, actor, network, action, org, detail }) => ({
    id: version,
    at: seconds(at),
    ...{ actor, network, action, org, detail },
  }));
  return jsonAnswer({ object: "list", data, has_more: rows.value.length > limit.value });
};

/** `POST /admin/reseal`: seals under the newest secret what is not. */
export const resealAll: AdminHandler = async (visit, admin) => {
  const parts = await partsOf(visit);
  if (!parts.ok) return failed(parts.failure);
  const query = queryOf(visit);
  const after = query.get("after") ?? "";
  const discard = query.get("discard");
  if (discard !== null && discard !== "keys") return failed(badField("discard", "must be `keys`").failure);
  const done = await reseal(parts.value, { after, discard: discard === "keys", author: authorOf(visit, admin) });
  return done.ok ? jsonAnswer(done.value) : failed(done.failure);
};

interface Named {
  readonly parts: AdminParts;
  readonly name: string;
}

async function namedOrg(visit: Visit): Promise<Result<Named>> {
  const parts = await partsOf(visit);
  if (!parts.ok) return parts;
  const name = checkName(parts.value, visit.name);
  return name.ok ? ok({ parts: parts.value, name: name.value }) : name;
}

async function partsOf({ services }: Visit): Promise<Result<AdminParts>> {
  const { config, orgs, ledgerOf } = services;
  if (!orgs) return fail({ kind: "directory_unavailable" });
  const { reach, vault, hasher, finder } = await orgs.open();
  const revokeAll = (org: string, now: number) => ledgerOf(org).revoke({ kind: "org" }, now);
  return ok({ config, reach, vault, hasher, revokeAll, invalidate: finder.invalidate });
}

function authorOf({ services, request, now }: Visit, { actor }: Admin): Author {
  return { actor, network: addressPrefix(request, services.config.clientAddressHeader), at: now };
}

function queryOf({ request }: Visit): URLSearchParams {
  return new URL(request.url).searchParams;
}

function readCount(query: URLSearchParams, name: string, fallback: number, max = MAX_LISTED): Result<number> {
  const text = query.get(name);
  if (text === null) return ok(fallback);
  const count = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  return count >= 1 && count <= max ? ok(count) : badField(name, `must be a whole number from 1 to ${max}`);
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
