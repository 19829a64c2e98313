import { compileOrgs, type Org } from "../config.ts";
import type { OrgConfig } from "../config-schema.ts";
import { fail, ok, type Result } from "../failures.ts";
import { SettingsError } from "../settings-error.ts";
import type { OrgRecord, StoredOrg } from "./directory.ts";
import type { DirectoryKeys } from "./directory-keys.ts";
import { labelOf, replaceSecrets } from "./secret-fields.ts";

/** A project key as it is stored: nobody can tell the key from it. */
export interface StoredKey {
  readonly id: string;
  readonly hash: string;
  /** The end of a key that was made here; absent where its owner chose it. */
  readonly hint?: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** What is stored of an organisation, with its secrets open. */
export interface OrgContent {
  /** Without `keys`. */
  readonly config: OrgConfig;
  readonly keys: readonly StoredKey[];
}

export interface OpenedOrg extends OrgContent {
  readonly org: Org;
}

export interface Opening {
  readonly vault: DirectoryKeys;
  readonly publicURLs: readonly string[];
}

/** Seals every secret on its own, and signs the whole under the newest secret. */
export async function sealOrg({ config, keys, org }: OpenedOrg, { vault, publicURLs }: Opening): Promise<OrgRecord> {
  const { name } = org;
  const sealed = await replaceSecrets(config, (value, field) =>
    vault.seal(JSON.stringify(value), labelOf(name, config, field)),
  );
  const document = JSON.stringify({ config: sealed, keys });
  return {
    kid: vault.kid,
    document,
    signature: await vault.sign(signedText(name, document)),
    hashes: keys.map(({ hash }) => hash),
    origins: [...org.origins].filter((origin) => !publicURLs.includes(origin)),
  };
}

/** Checks the signature, opens the secrets and compiles the whole as the settings' organisations are. */
export async function openOrg(stored: StoredOrg, { vault, publicURLs }: Opening): Promise<Result<OpenedOrg>> {
  const { name, record } = stored;
  if (!vault.isLive(record.kid)) return fail({ kind: "org_unreadable", org: name, reason: "secret_removed" });
  const changed = fail({ kind: "org_unreadable", org: name, reason: "changed" });
  if (!(await vault.isSigned(signedText(name, record.document), record))) return changed;
  const { config: sealed, keys } = JSON.parse(record.document) as OrgContent;
  try {
    const config = await replaceSecrets(sealed, async (value, field) => {
      const text = await vault.open(String(value), labelOf(name, sealed, field));
      if (text === undefined) throw new SealBroken();
      return JSON.parse(text) as string;
    });
    const org = compileOrgs({ [name]: config }, publicURLs).orgs.get(name);
    return org ? ok({ config, keys, org }) : changed;
  } catch (error) {
    if (error instanceof SealBroken) return changed;
    if (error instanceof SettingsError) return fail({ kind: "org_unreadable", org: name, reason: "invalid" });
    throw error;
  }
}

class SealBroken extends Error {}

function signedText(name: string, document: string): string {
  return JSON.stringify(["org", name, document]);
}
