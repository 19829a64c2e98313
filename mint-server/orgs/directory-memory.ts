import type { AuditRow, Directory, StoredOrg } from "./directory.ts";

/** A directory in this process's memory, for embedding without Durable Objects: it forgets at restart. */
export function createMemoryDirectory(): Directory {
  const orgs = new Map<string, StoredOrg>();
  /** Versions at which organisations were deleted. */
  const deleted = new Map<string, number>();
  const notes: AuditRow[] = [];
  let pepper: string | undefined;

  return {
    async changes(since, limit) {
      const present = [...orgs.values()].map(({ name, version, record }) => {
        const { hashes, origins } = record;
        return { name, version, hashes, origins, deleted: false };
      });
      const gone = [...deleted].map(([name, version]) => ({ name, version, hashes: [], origins: [], deleted: true }));
      const changed = [...present, ...gone].filter(({ version }) => version > since);
      return changed.sort((a, b) => a.version - b.version).slice(0, limit);
    },
    read: async (name) => orgs.get(name),
    async list({ after, limit }) {
      const following = [...orgs.values()].filter(({ name }) => name > after);
      return following
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .slice(0, limit)
        .map(({ record, ...listed }) => ({ ...listed, kid: record.kid }));
    },
    async write({ name, expected, record, note }) {
      const current = orgs.get(name);
      if ((current?.version ?? 0) !== expected) return undefined;
      const version = notes.push({ ...note, version: notes.length + 1, org: name });
      orgs.delete(name);
      deleted.delete(name);
      if (!record) {
        deleted.set(name, version);
        return "deleted";
      }
      const stored = { name, version, record, createdAt: current?.createdAt ?? note.at, updatedAt: note.at };
      orgs.set(name, stored);
      return stored;
    },
    async audit(before, limit) {
      return notes
        .filter(({ version }) => version < before)
        .reverse()
        .slice(0, limit);
    },
    readPepper: async () => pepper,
    async writePepper(sealed, expected) {
      if (pepper === expected || pepper === undefined) pepper = sealed;
      return pepper;
    },
  };
}
