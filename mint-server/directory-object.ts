import { DurableObject } from "cloudflare:workers";
import type { AuditRow, Change, Directory, IndexRow, ListedOrg, Page, StoredOrg } from "./orgs/directory.ts";
import { createDirectoryTables, type DirectoryTables } from "./orgs/directory-sql.ts";

/** The one directory of organisations, on SQLite. It holds no key that would open what it stores. */
export class DirectoryObject extends DurableObject implements Directory {
  private readonly storage: DurableObjectStorage;
  private readonly tables: DirectoryTables;

  constructor(state: DurableObjectState, env: object) {
    super(state, env as never);
    this.storage = state.storage;
    this.tables = createDirectoryTables(state.storage.sql);
  }

  async changes(since: number, limit: number): Promise<readonly IndexRow[]> {
    return this.tables.changes(since, limit);
  }

  async read(name: string): Promise<StoredOrg | undefined> {
    return this.tables.read(name);
  }

  async list(page: Page): Promise<readonly ListedOrg[]> {
    return this.tables.list(page);
  }

  async write(change: Change): Promise<StoredOrg | "deleted" | undefined> {
    return this.storage.transactionSync(() => this.tables.write(change));
  }

  async audit(before: number, limit: number): Promise<readonly AuditRow[]> {
    return this.tables.audit(before, limit);
  }

  async readPepper(): Promise<string | undefined> {
    return this.tables.readPepper();
  }

  async writePepper(sealed: string, expected: string | undefined): Promise<string> {
    return this.tables.writePepper(sealed, expected);
  }
}
