import type { AuditRow, Change, IndexRow, ListedOrg, OrgRecord, Page, StoredOrg } from "./directory.ts";

/** A deleted organisation leaves its name and version, so that every instance hears of it. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS orgs (
    name TEXT PRIMARY KEY, version INTEGER NOT NULL UNIQUE, document TEXT, signature TEXT NOT NULL, kid TEXT NOT NULL,
    hashes TEXT NOT NULL, origins TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS audit (
    version INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL, network TEXT NOT NULL,
    action TEXT NOT NULL, org TEXT NOT NULL, detail TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS pepper (one INTEGER PRIMARY KEY CHECK (one = 1), sealed TEXT NOT NULL);
`;

type OrgRow = {
  readonly name: string;
  readonly version: number;
  readonly document: string | null;
  readonly signature: string;
  readonly kid: string;
  /** JSON. */
  readonly hashes: string;
  readonly origins: string;
  readonly created_at: number;
  readonly updated_at: number;
};

type IndexColumns = Pick<OrgRow, "name" | "version" | "hashes" | "origins"> & { readonly deleted: number };
type ListColumns = Pick<OrgRow, "name" | "version" | "kid" | "created_at" | "updated_at">;

/** As much of workerd's `SqlStorage` as a directory uses. */
export interface Sql {
  exec<Row extends Record<string, SqlStorageValue>>(query: string, ...bindings: unknown[]): { toArray(): Row[] };
}

/** A directory's steps on SQLite, each synchronous. */
export interface DirectoryTables {
  changes(since: number, limit: number): readonly IndexRow[];
  read(name: string): StoredOrg | undefined;
  list(page: Page): readonly ListedOrg[];
  /** To be called within a transaction. */
  write(change: Change): StoredOrg | "deleted" | undefined;
  audit(before: number, limit: number): readonly AuditRow[];
  readPepper(): string | undefined;
  writePepper(sealed: string, expected: string | undefined): string;
}

export function createDirectoryTables(sql: Sql): DirectoryTables {
  sql.exec(SCHEMA);

  const rowOf = (name: string): OrgRow | undefined =>
    sql.exec<OrgRow>("SELECT * FROM orgs WHERE name = ?", name).toArray()[0];

  const read = (name: string): StoredOrg | undefined => {
    const row = rowOf(name);
    return row && storedOrg(row);
  };

  const readPepper = (): string | undefined =>
    sql.exec<{ sealed: string }>("SELECT sealed FROM pepper").toArray()[0]?.sealed;

  return {
    read,
    readPepper,
    changes: (since, limit) => sql.exec<IndexColumns>(CHANGES, since, limit).toArray().map(indexRow),
    list: ({ after, limit }) => sql.exec<ListColumns>(LIST, after, limit).toArray().map(listedOrg),
    write({ name, expected, record, note }) {
      const row = rowOf(name);
      const isThere = row !== undefined && row.document !== null;
      if ((isThere ? row.version : 0) !== expected) return undefined;
      const { at, actor, network, action, detail } = note;
      const [made] = sql
        .exec<{ version: number }>(
          "INSERT INTO audit (at, actor, network, action, org, detail) VALUES (?, ?, ?, ?, ?, ?) RETURNING version",
          at,
          actor,
          network,
          action,
          name,
          detail,
        )
        .toArray();
      if (!made) throw new TypeError("the audit took no row");
      const { document = null, signature = "", kid = "", hashes = [], origins = [] } = record ?? {};
      sql.exec(
        REPLACE,
        name,
        made.version,
        document,
        signature,
        kid,
        JSON.stringify(hashes),
        JSON.stringify(origins),
        isThere ? row.created_at : at,
        at,
      );
      return record === null ? "deleted" : read(name);
    },
    audit: (before, limit) =>
      sql
        .exec<AuditRow & Record<string, SqlStorageValue>>(
          "SELECT * FROM audit WHERE version < ? ORDER BY version DESC LIMIT ?",
          before,
          limit,
        )
        .toArray(),
    writePepper(sealed, expected) {
      const current = readPepper();
      if (current !== expected && current !== undefined) return current;
      sql.exec("INSERT OR REPLACE INTO pepper (one, sealed) VALUES (1, ?)", sealed);
      return sealed;
    },
  };
}

const CHANGES = `
  SELECT name, version, hashes, origins, document IS NULL AS deleted FROM orgs WHERE version > ? ORDER BY version LIMIT ?
`;
const LIST = `
  SELECT name, version, kid, created_at, updated_at FROM orgs
  WHERE name > ? AND document IS NOT NULL ORDER BY name LIMIT ?
`;
const REPLACE = `
  INSERT OR REPLACE INTO orgs (name, version, document, signature, kid, hashes, origins, created_at, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
`;

function storedOrg(row: OrgRow): StoredOrg | undefined {
  const { name, version, document, signature, kid, created_at: createdAt, updated_at: updatedAt } = row;
  if (document === null) return undefined;
  return { name, version, record: { kid, document, signature, ...indexed(row) }, createdAt, updatedAt };
}

function listedOrg({ name, version, kid, created_at, updated_at }: ListColumns): ListedOrg {
  return { name, version, kid, createdAt: created_at, updatedAt: updated_at };
}

function indexRow(row: IndexColumns): IndexRow {
  return { name: row.name, version: row.version, ...indexed(row), deleted: row.deleted === 1 };
}

function indexed({ hashes, origins }: Pick<OrgRow, "hashes" | "origins">): Pick<OrgRecord, "hashes" | "origins"> {
  return { hashes: JSON.parse(hashes) as string[], origins: JSON.parse(origins) as string[] };
}
