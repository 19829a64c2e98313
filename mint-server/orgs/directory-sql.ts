import type { AuditRow, Change, IndexRow, ListedOrg, OrgRecord, Page, StoredOrg } from "./directory.ts";

/** A deleted organisation leaves its name and version, so that every instance hears of it. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS orgs (
    name TEXT PRIMARY KEY, version INTEGER NOT NULL UNIQUE, record TEXT, kid TEXT NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
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
  readonly record: string | null;
  readonly kid: string;
  readonly created_at: number;
  readonly updated_at: number;
};

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
    return row?.record == null ? undefined : storedOrg(row, row.record);
  };

  const readPepper = (): string | undefined =>
    sql.exec<{ sealed: string }>("SELECT sealed FROM pepper").toArray()[0]?.sealed;

  return {
    read,
    readPepper,
    changes: (since, limit) =>
      sql
        .exec<OrgRow>("SELECT * FROM orgs WHERE version > ? ORDER BY version LIMIT ?", since, limit)
        .toArray()
        .map(indexRow),
    list: ({ after, limit }) =>
      sql
        .exec<OrgRow>("SELECT * FROM orgs WHERE name > ? AND record IS NOT NULL ORDER BY name LIMIT ?", after, limit)
        .toArray()
        .map(listedOrg),
    write({ name, expected, record, note }) {
      const row = rowOf(name);
      const current = row?.record == null ? 0 : row.version;
      if (current !== expected) return undefined;
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
      const createdAt = current === 0 ? at : (row?.created_at ?? at);
      sql.exec(
        "INSERT OR REPLACE INTO orgs (name, version, record, kid, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
        name,
        made.version,
        record && JSON.stringify(record),
        record?.kid ?? "",
        createdAt,
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

function storedOrg({ name, version, created_at, updated_at }: OrgRow, record: string): StoredOrg {
  return {
    name,
    version,
    record: JSON.parse(record) as OrgRecord,
    createdAt: created_at,
    updatedAt: updated_at,
  };
}

function listedOrg({ name, version, kid, created_at, updated_at }: OrgRow): ListedOrg {
  return { name, version, kid, createdAt: created_at, updatedAt: updated_at };
}

function indexRow({ name, version, record }: OrgRow): IndexRow {
  const { hashes, origins } =
    record === null ? { hashes: [], origins: [] } : (JSON.parse(record) as Pick<OrgRecord, "hashes" | "origins">);
  return { name, version, hashes, origins, deleted: record === null };
}
