import type { Org, ServerConfig } from "../config.ts";
import { describe } from "../failure-answers.ts";
import { ok, type Result } from "../failures.ts";
import { askDirectory, type ReachDirectory } from "./ask-directory.ts";
import type { DirectoryKeys } from "./directory-keys.ts";
import type { KeyHasher } from "./key-hasher.ts";
import { createOrgIndex, type Known } from "./org-index.ts";
import { openOrg } from "./stored-org.ts";
import type { Freshness, OpenDirectory } from "./stored-orgs.ts";

export interface OrgFinderParts {
  readonly config: Pick<ServerConfig, "orgs" | "publicURLs">;
  readonly reach: ReachDirectory;
  readonly vault: DirectoryKeys;
  readonly hasher: Pick<KeyHasher, "find">;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
}

/** An organisation that was opened, or why it could not be. */
interface Opened {
  readonly version: number;
  readonly found: Result<Found>;
}

interface Found {
  readonly org: Org;
  readonly hashes: ReadonlySet<string>;
}

const MAX_OPENED = 1000;

export function createOrgFinder({
  config,
  reach,
  vault,
  hasher,
  clock = Date.now,
}: OrgFinderParts): OpenDirectory["finder"] {
  const index = createOrgIndex(reach, clock);
  const opened = new Map<string, Opened>();

  const open = async (name: string, version: number): Promise<Result<Found | undefined>> => {
    const known = opened.get(name);
    // As long as it is the same, it is the same object: what others keep with it stays.
    if (known && known.version >= version) return known.found;
    const read = await askDirectory(reach, (directory) => directory.read(name));
    if (!read.ok) return read;
    if (!read.value) return ok(undefined);
    const content = await openOrg(read.value, { vault, publicURLs: config.publicURLs });
    if (!content.ok) console.error(`mintgate: ${describe(content.failure).details.message}`);
    const found = content.ok
      ? ok({ org: content.value.org, hashes: new Set(content.value.keys.map(({ hash }) => hash)) })
      : content;
    opened.delete(name);
    for (const oldest of opened.keys()) {
      if (opened.size < MAX_OPENED) break;
      opened.delete(oldest);
    }
    opened.set(name, { version: read.value.version, found });
    return found;
  };

  /** Opens what a look-up finds. The index is not signed, so each is asked whether it is what was looked for. */
  const findAll = async (
    freshness: Freshness,
    look: (known: Known) => readonly string[],
    fits: (found: Found) => boolean,
  ): Promise<Result<readonly Org[]>> => {
    const rows = await index.find(freshness, (known) =>
      look(known).flatMap((name) => (config.orgs.has(name) ? [] : (known.row(name) ?? []))),
    );
    if (!rows.ok) return rows;
    const orgs: Org[] = [];
    for (const { name, version } of rows.value) {
      const found = await open(name, version);
      if (!found.ok) return found;
      if (found.value && fits(found.value)) orgs.push(found.value.org);
    }
    return ok(orgs);
  };

  return {
    async byName(name, freshness) {
      const found = await findAll(
        freshness,
        () => [name],
        () => true,
      );
      return found.ok ? ok(found.value[0]) : found;
    },
    async byKey(apiKey, freshness) {
      const keys = await index.find(freshness, (known) => (known.hasKeys() ? [true] : []));
      if (!keys.ok || keys.value.length === 0) return keys.ok ? ok([]) : keys;
      const hash = await hasher.find(apiKey);
      if (!hash.ok || hash.value === undefined) return hash.ok ? ok([]) : hash;
      const { value } = hash;
      return findAll(
        freshness === "never" ? "auto" : freshness,
        (known) => known.byHash(value),
        ({ hashes }) => hashes.has(value),
      );
    },
    byOrigin: (origin, freshness) =>
      findAll(
        freshness,
        (known) => known.byOrigin(origin),
        ({ org }) => org.origins.has(origin),
      ),
    invalidate: () => index.invalidate(),
  };
}
