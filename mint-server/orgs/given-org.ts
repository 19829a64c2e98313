import { compileOrgs, parseOrgs } from "../config.ts";
import type { OrgConfig } from "../config-schema.ts";
import { looksLikeCredential } from "../credentials/verify.ts";
import { ok, type Result } from "../failures.ts";
import { SettingsError } from "../settings-error.ts";
import type { KeyHasher } from "./key-hasher.ts";
import { badField, readKey, resolveMarks } from "./marks.ts";
import type { OpenedOrg, StoredKey } from "./stored-org.ts";

/** What an organisation that was sent is checked with. */
export interface Checking {
  readonly name: string;
  /** What is stored of it, if that can be read. */
  readonly current: OpenedOrg | undefined;
  readonly publicURLs: readonly string[];
  readonly hasher: KeyHasher;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Stands for a key that is stored already, where the list of keys is checked. */
const SOME_KEY = "a-key-that-is-kept";

/** Checks an organisation that was sent, by the very checks of `MINT_CONFIG`; a failure names the field. */
export async function readGivenOrg(body: unknown, checking: Checking): Promise<Result<OpenedOrg>> {
  const { name, current, publicURLs, hasher, now } = checking;
  // A few names, such as `constructor`, are left out of a parsed record.
  const parsed = check(name, () => new Map(Object.entries(parseOrgs({ [name]: body }))).get(name));
  if (!parsed.ok) return parsed;
  // An instance has to know the ledgers of an organisation before it has read it.
  if (parsed.value?.ledgerShards !== undefined)
    return badField("ledgerShards", "can be set for organisations of the settings only");
  const { keys: givenKeys, ...given } = parsed.value;
  const marks = await resolve(name, given, current);
  if (!marks.ok) return marks;
  const keys = await readKeys(givenKeys, { current: current?.keys ?? [], hasher, now });
  if (!keys.ok) return keys;
  const plain = givenKeys?.map((key) => (key.startsWith("sealed:") ? SOME_KEY : key));
  const org = check(name, () => {
    const complete = { ...marks.value, ...(plain && { keys: plain }) };
    return compileOrgs({ [name]: complete }, publicURLs).orgs.get(name);
  });
  return org.ok ? ok({ config: marks.value, keys: keys.value, org: org.value }) : org;
}

async function resolve(name: string, given: OrgConfig, current: OpenedOrg | undefined): Promise<Result<OrgConfig>> {
  try {
    return await resolveMarks(name, given, current);
  } catch (error) {
    return refused(name, error);
  }
}

interface KeysParts {
  readonly current: readonly StoredKey[];
  readonly hasher: KeyHasher;
  readonly now: number;
}

/** Without a list the keys stay as they are. */
async function readKeys(
  given: readonly string[] | undefined,
  { current, hasher, now }: KeysParts,
): Promise<Result<readonly StoredKey[]>> {
  if (!given) return ok(current);
  const keys: StoredKey[] = [];
  for (const [index, text] of given.entries()) {
    const path = `keys[${index}]`;
    const read = readKey(text, path, current);
    if (!read.ok) return read;
    const key =
      read.value.kind === "known" ? ok(read.value.key) : await newKey(read.value.apiKey, { path, hasher, now });
    if (!key.ok) return key;
    const { hash } = key.value;
    if (keys.some((other) => other.hash === hash)) return badField(path, "is given twice");
    keys.push(current.find((other) => other.hash === hash) ?? key.value);
  }
  return ok(keys);
}

interface NewKeyParts {
  readonly path: string;
  readonly hasher: KeyHasher;
  readonly now: number;
  readonly hint?: string;
}

/** A project key as it is stored. */
export async function newKey(apiKey: string, { path, hasher, now, hint }: NewKeyParts): Promise<Result<StoredKey>> {
  if (looksLikeCredential(apiKey)) return badField(path, "looks like a temporary credential");
  const hash = await hasher.hash(apiKey);
  if (!hash.ok) return hash;
  const id = `k_${[...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  return ok({ id, hash: hash.value, ...(hint && { hint }), createdAt: now });
}

function check<T>(name: string, run: () => T | undefined): Result<T> {
  try {
    const value = run();
    return value === undefined ? badField("name", "is a name that no organisation can have") : ok(value);
  } catch (error) {
    return refused(name, error);
  }
}

/** The settings' own words, without the way to the organisation. */
function refused(name: string, error: unknown): Result<never> {
  if (!(error instanceof SettingsError)) throw error;
  const { field, message } = error;
  const prefix = `orgs.${name}.`;
  const path = field.startsWith(prefix) ? field.slice(prefix.length) : field === `orgs.${name}` ? "body" : field;
  return badField(path, message.slice(field.length + 2));
}
