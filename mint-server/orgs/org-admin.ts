import type { ServerConfig } from "../config.ts";
import type { OrgConfig } from "../config-schema.ts";
import { toBase64url } from "../contract/bytes.ts";
import { PROJECT_KEY_PREFIX } from "../credentials/verify.ts";
import { fail, ok, type Result } from "../failures.ts";
import { askDirectory, type ReachDirectory } from "./ask-directory.ts";
import type { AuditAction, OrgRecord, StoredOrg } from "./directory.ts";
import type { DirectoryKeys } from "./directory-keys.ts";
import { newKey, readGivenOrg } from "./given-org.ts";
import type { KeyHasher } from "./key-hasher.ts";
import { badField } from "./marks.ts";
import { type OpenedOrg, openOrg, type StoredKey, sealOrg } from "./stored-org.ts";

/** Whom the audit names. */
export interface Author {
  readonly actor: string;
  readonly network: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What changes of organisations need. */
export interface AdminParts {
  readonly config: Pick<ServerConfig, "orgs" | "publicURLs">;
  readonly reach: ReachDirectory;
  readonly vault: DirectoryKeys;
  readonly hasher: KeyHasher;
  /** Revokes every credential of an organisation. */
  readonly revokeAll: (org: string, now: number) => Promise<void>;
  /** To be told once something has changed, or may have. */
  readonly invalidate: () => void;
}

/** An organisation as it was found. */
interface Current {
  readonly stored: StoredOrg;
  readonly opened: Result<OpenedOrg>;
}

/** What becomes of it, and what the audit says. */
interface Worked<T> {
  readonly record: OrgRecord | null;
  readonly action: AuditAction;
  readonly detail: string;
  readonly value: T;
}

/** Changes of others that may come between before one is given up. */
const MAX_ATTEMPTS = 20;
const KEY_BYTES = 32;

/** Of letters that stand in a path, a header and a file name as they are. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Checks the name of a stored organisation. */
export function checkName({ config }: Pick<AdminParts, "config">, name: string): Result<string> {
  if (!NAME.test(name)) return badField("name", "must hold 1 to 64 letters, digits, dots, dashes or underscores");
  return config.orgs.has(name) ? fail({ kind: "org_is_static", org: name }) : ok(name);
}

/** Reads and opens one, as it is now. */
export async function readOrg(parts: AdminParts, name: string): Promise<Result<OpenedOrg>> {
  const current = await currentOf(parts, name);
  if (!current.ok) return current;
  return current.value ? current.value.opened : fail({ kind: "stored_org_not_found", org: name });
}

/** Makes an organisation, or puts another in its place. One that cannot be read is replaced whole. */
export function putOrg(parts: AdminParts, { name, body, author }: Put): Promise<Result<Replaced>> {
  return change(parts, { name, author }, async (current) => {
    const old = current?.opened.ok ? current.opened.value : undefined;
    const given = await readGivenOrg(body, {
      name,
      current: old,
      publicURLs: parts.config.publicURLs,
      hasher: parts.hasher,
      now: author.at,
    });
    if (!given.ok) return given;
    return ok({
      record: await sealOrg(given.value, opening(parts)),
      action: current ? "org.update" : "org.create",
      detail: differing(old, given.value).join(", "),
      value: { org: given.value, created: !current },
    });
  });
}

export interface Put {
  readonly name: string;
  readonly body: unknown;
  readonly author: Author;
}

export interface Replaced {
  readonly org: OpenedOrg;
  readonly created: boolean;
}

export interface Order {
  readonly name: string;
  readonly author: Author;
}

/** Deletes one. Its credentials go first: another organisation may have the name one day. */
export async function deleteOrg(parts: AdminParts, { name, author }: Order): Promise<Result<void>> {
  return change(parts, { name, author }, async (current) => {
    if (!current) return fail({ kind: "stored_org_not_found", org: name });
    try {
      await parts.revokeAll(name, author.at);
    } catch {
      return fail({ kind: "ledger_unavailable" });
    }
    return ok({ record: null, action: "org.delete", detail: "", value: undefined });
  });
}

export interface MadeKey {
  readonly apiKey: string;
  readonly stored: StoredKey;
}

/** Makes a project key. It is told here, and nowhere else ever again. */
export function makeKey(parts: AdminParts, { name, author }: Order): Promise<Result<MadeKey>> {
  return change(parts, { name, author }, async (current) => {
    const opened = openedOf(current, name);
    if (!opened.ok) return opened;
    const apiKey = `${PROJECT_KEY_PREFIX}${toBase64url(crypto.getRandomValues(new Uint8Array(KEY_BYTES)))}`;
    const { hasher } = parts;
    const key = await newKey(apiKey, { path: "key", hasher, now: author.at, hint: apiKey.slice(-4) });
    if (!key.ok) return key;
    const keys = [...opened.value.keys, key.value];
    return ok({
      record: await sealOrg({ ...opened.value, keys }, opening(parts)),
      action: "key.create",
      detail: key.value.id,
      value: { apiKey, stored: key.value },
    });
  });
}

export function deleteKey(
  parts: AdminParts,
  { name, author, id }: Order & { readonly id: string },
): Promise<Result<void>> {
  return change(parts, { name, author }, async (current) => {
    const opened = openedOf(current, name);
    if (!opened.ok) return opened;
    const keys = opened.value.keys.filter((key) => key.id !== id);
    if (keys.length === opened.value.keys.length) return fail({ kind: "stored_key_not_found", id });
    const record = await sealOrg({ ...opened.value, keys }, opening(parts));
    return ok({ record, action: "key.delete", detail: id, value: undefined });
  });
}

/** Seals one under the newest secret. */
export function resealOrg(parts: AdminParts, { name, author }: Order): Promise<Result<void>> {
  return change(parts, { name, author }, async (current) => {
    const opened = openedOf(current, name);
    if (!opened.ok) return opened;
    const record = await sealOrg(opened.value, opening(parts));
    return ok({ record, action: "org.reseal", detail: "", value: undefined });
  });
}

function opening({ vault, config }: AdminParts) {
  return { vault, publicURLs: config.publicURLs };
}

function openedOf(current: Current | undefined, name: string): Result<OpenedOrg> {
  return current ? current.opened : fail({ kind: "stored_org_not_found", org: name });
}

async function currentOf(parts: AdminParts, name: string): Promise<Result<Current | undefined>> {
  const read = await askDirectory(parts.reach, (directory) => directory.read(name));
  if (!read.ok) return read;
  const stored = read.value;
  return ok(stored && { stored, opened: await openOrg(stored, opening(parts)) });
}

/** Reads, works out a change and writes it, unless another was made in between: then once more. */
async function change<T>(
  parts: AdminParts,
  { name, author }: Order,
  work: (current: Current | undefined) => Promise<Result<Worked<T>>>,
): Promise<Result<T>> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const current = await currentOf(parts, name);
    if (!current.ok) return current;
    const worked = await work(current.value);
    if (!worked.ok) return worked;
    const { record, action, detail, value } = worked.value;
    const expected = current.value?.stored.version ?? 0;
    const note = { ...author, action, detail };
    const written = await askDirectory(parts.reach, (directory) => directory.write({ name, expected, record, note }));
    // Also where no answer came: the change may have been made.
    parts.invalidate();
    if (!written.ok) return written;
    if (written.value === undefined) continue;
    // Whatever is written takes the pepper along; where that fails it opens as it did before.
    await parts.hasher.reseal(false);
    return ok(value);
  }
  return fail({ kind: "directory_unavailable" });
}

/** Names of the fields that differ. */
function differing(old: OpenedOrg | undefined, { config, keys }: OpenedOrg): string[] {
  const names = new Set([...Object.keys(old?.config ?? {}), ...Object.keys(config)]) as Set<keyof OrgConfig>;
  const fields = [...names].filter((name) => JSON.stringify(old?.config[name]) !== JSON.stringify(config[name]));
  const ids = (list: readonly StoredKey[] = []) => list.map(({ id }) => id).join();
  return [...fields, ...(ids(old?.keys) === ids(keys) ? [] : ["keys"])];
}
