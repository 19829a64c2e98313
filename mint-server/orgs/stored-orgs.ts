import type { ServerConfig } from "../config.ts";
import type { ReachDirectory } from "./ask-directory.ts";
import { DIRECTORY_NAME, type DirectoryNamespace } from "./directory.ts";
import { createDirectoryKeys, type DirectoryKeys } from "./directory-keys.ts";
import { createMemoryDirectories } from "./directory-memory.ts";
import { createKeyHasher, type KeyHasher } from "./key-hasher.ts";
import { createOrgFinder, type OrgFinder } from "./org-finder.ts";

/** An instance's way to the organisations that are stored, and what it needs to read and change them. */
export interface StoredOrgs {
  readonly finder: OrgFinder;
  readonly reach: ReachDirectory;
  readonly vault: DirectoryKeys;
  readonly hasher: KeyHasher;
}

/** Where the platform lends no directory there is one in memory, for an admin alone to fill. */
export async function openDirectory(
  config: ServerConfig,
  lent: DirectoryNamespace | undefined,
): Promise<StoredOrgs | undefined> {
  const directories = lent ?? (config.adminKey === undefined ? undefined : createMemoryDirectories());
  if (!directories) return undefined;
  const reach = () => directories.getByName(DIRECTORY_NAME);
  const vault = await createDirectoryKeys(config.secrets);
  const hasher = createKeyHasher(reach, vault);
  return { reach, vault, hasher, finder: createOrgFinder({ config, reach, vault, hasher }) };
}
