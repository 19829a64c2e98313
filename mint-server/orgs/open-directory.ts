import type { ServerConfig } from "../config.ts";
import type { ReachDirectory } from "./ask-directory.ts";
import { createDirectoryKeys } from "./directory-keys.ts";
import { createMemoryDirectory } from "./directory-memory.ts";
import { createKeyHasher } from "./key-hasher.ts";
import { createOrgFinder } from "./org-finder.ts";
import type { OpenDirectory } from "./stored-orgs.ts";

/** @param lent reaches the platform's directory; without it there is one in memory, which forgets at restart */
export async function openDirectory(config: ServerConfig, lent: ReachDirectory | undefined): Promise<OpenDirectory> {
  const reach = lent ?? inMemory();
  const vault = await createDirectoryKeys(config.secrets);
  const hasher = createKeyHasher(reach, vault);
  return { reach, vault, hasher, finder: createOrgFinder({ config, reach, vault, hasher }) };
}

function inMemory(): ReachDirectory {
  const directory = createMemoryDirectory();
  return () => directory;
}
