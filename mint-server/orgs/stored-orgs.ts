import type { Org, ServerConfig } from "../config.ts";
import type { Result } from "../failures.ts";
import type { ReachDirectory } from "./ask-directory.ts";
import { DIRECTORY_NAME, type DirectoryNamespace } from "./directory.ts";
import type { DirectoryKeys } from "./directory-keys.ts";
import type { KeyHasher } from "./key-hasher.ts";

/** How a caller wants what is remembered used: the header `x-bt-use-creds-cache`. */
export type Freshness = "auto" | "always" | "never";

/** What the header says. Where it is no word that is known, the handler refuses the request. */
export function freshnessOf(value: string | null): Freshness {
  return value === "never" || value === "always" ? value : "auto";
}

/** Finds the organisations that are stored in the directory. Those of the settings go before them, and are found without it. */
export interface OrgFinder {
  byName(name: string, freshness: Freshness): Promise<Result<Org | undefined>>;
  /** Every organisation that a project key belongs to, by name; none: it is no project key of theirs. */
  byKey(apiKey: string, freshness: Freshness): Promise<Result<readonly Org[]>>;
  /** Every organisation that allows an origin, by name. */
  byOrigin(origin: string, freshness: Freshness): Promise<Result<readonly Org[]>>;
}

/** An instance's way to the directory, and what it needs to read and change organisations. */
export interface OpenDirectory {
  readonly finder: OrgFinder & {
    /** To be told of a change that was made here. */
    invalidate(): void;
  };
  readonly reach: ReachDirectory;
  readonly vault: DirectoryKeys;
  readonly hasher: KeyHasher;
}

/** An instance's stored organisations. Code and keys are loaded when someone first asks for what the settings do not have. */
export interface StoredOrgs {
  readonly finder: OrgFinder;
  open(): Promise<OpenDirectory>;
}

/** Where the platform lends no directory there is one in memory, for an admin alone to fill. */
export function createStoredOrgs(config: ServerConfig, lent: DirectoryNamespace | undefined): StoredOrgs | undefined {
  if (!lent && config.adminKey === undefined) return undefined;
  let opened: OpenDirectory | undefined;
  const open = async (): Promise<OpenDirectory> => {
    if (opened) return opened;
    const { openDirectory } = await import("./open-directory.ts");
    const made = await openDirectory(config, lent && (() => lent.getByName(DIRECTORY_NAME)));
    // Another request may have been first, and have learned something since.
    opened ??= made;
    return opened;
  };
  return {
    open,
    finder: {
      byName: async (...asked) => (await open()).finder.byName(...asked),
      byKey: async (...asked) => (await open()).finder.byKey(...asked),
      byOrigin: async (...asked) => (await open()).finder.byOrigin(...asked),
    },
  };
}
