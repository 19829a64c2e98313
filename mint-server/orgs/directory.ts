/** Of each organisation what finds it, and where it stands in the order of all changes. */
export interface IndexRow {
  readonly name: string;
  /** Number of the change that made it so; those of later changes are higher. */
  readonly version: number;
  /** Hashes of its project keys. */
  readonly hashes: readonly string[];
  readonly origins: readonly string[];
  readonly deleted: boolean;
}

/** An organisation as it is stored: what is secret in it is sealed or hashed, and all of it is signed. */
export interface StoredOrg {
  readonly name: string;
  readonly version: number;
  readonly record: OrgRecord;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface OrgRecord {
  /** Which secret it is sealed and signed under. */
  readonly kid: string;
  /** JSON. */
  readonly document: string;
  /** Over name and document. */
  readonly signature: string;
  readonly hashes: readonly string[];
  readonly origins: readonly string[];
}

export type AuditAction = "org.create" | "org.update" | "org.delete" | "org.reseal" | "key.create" | "key.delete";

/** Who changed what, without secrets. */
export interface AuditNote {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Name of the admin key's holder, which shows nothing of the key. */
  readonly actor: string;
  /** Where it came from, such as `192.0.2.0/24`, or `unknown`. */
  readonly network: string;
  readonly action: AuditAction;
  /** Such as the id of a project key, or the names of the fields that changed. */
  readonly detail: string;
}

export interface AuditRow extends AuditNote {
  readonly version: number;
  readonly org: string;
}

/** A change of one organisation: it is made, or nothing is. */
export interface Change {
  readonly name: string;
  /** Version that the change was worked out from; 0 where there was none. */
  readonly expected: number;
  /** `null` deletes it. */
  readonly record: OrgRecord | null;
  readonly note: AuditNote;
}

/** A listed organisation. */
export interface ListedOrg {
  readonly name: string;
  readonly version: number;
  readonly kid: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface Page {
  /** Names after this one. */
  readonly after: string;
  readonly limit: number;
}

/**
 * Where organisations are kept that were made while the server runs: one for all instances. Every method is one synchronous
 * step, durable before it is answered.
 */
export interface Directory {
  /** What changed after a version, in the order of the changes, at most `limit` rows. */
  changes(since: number, limit: number): Promise<readonly IndexRow[]>;
  read(name: string): Promise<StoredOrg | undefined>;
  /** In the order of their names. */
  list(page: Page): Promise<readonly ListedOrg[]>;
  /** Makes a change along with its row in the audit; `undefined` if another change came between. */
  write(change: Change): Promise<StoredOrg | "deleted" | undefined>;
  /** Newest first; `before` a version. */
  audit(before: number, limit: number): Promise<readonly AuditRow[]>;
  /** The sealed key that project keys are hashed under. */
  readPepper(): Promise<string | undefined>;
  /** Replaces it if it is still `expected`; returns what it is now. */
  writePepper(sealed: string, expected: string | undefined): Promise<string>;
}

/** The part of a Durable Object namespace that is needed, so that no platform type leaks further. */
export interface DirectoryNamespace {
  getByName(name: string): Directory;
}

/** There is one directory. */
export const DIRECTORY_NAME = "directory";
