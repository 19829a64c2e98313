import type { Revocation, Revocations, RevocationTarget } from "./ledger.ts";

/** What of a credential bears on its revocation. */
export interface Revocable {
  readonly jti: string;
  readonly subject: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
}

/** After this no credential that was revoked can be alive: the longest life, and an hour for clocks that differ. */
export const REVOCATION_MS = 25 * 60 * 60 * 1000;

export interface RevocationBook {
  add(revocation: Revocation, version: number): void;
  /** Those after a version, and the highest version. */
  since(version: number): Revocations;
  revokes(credential: Revocable): boolean;
  /** Forgets what has outlived every credential it could concern. */
  forget(now: number): void;
}

interface Entry {
  readonly revocation: Revocation;
  readonly version: number;
}

/** The revocations in force. A credential issued in the very second of a subject's revocation is revoked, too. */
export function createRevocationBook(): RevocationBook {
  const entries = new Map<string, Entry>();
  let latest = 0;
  const issuedUpTo = (key: string): number => entries.get(key)?.revocation.before ?? Number.NEGATIVE_INFINITY;
  return {
    add(revocation, version) {
      const key = revocationKey(revocation.target);
      const before = Math.max(issuedUpTo(key), revocation.before);
      entries.set(key, { revocation: { ...revocation, before }, version });
      latest = Math.max(latest, version);
    },
    since(version) {
      if (version === latest) return { version, revocations: [] };
      // A version from the future is one of a ledger that began anew.
      const known = version > latest ? 0 : version;
      const news = [...entries.values()].filter((entry) => entry.version > known);
      return { version: latest, revocations: news.map(({ revocation }) => revocation) };
    },
    revokes({ jti, subject, issuedAt }) {
      if (entries.size === 0) return false;
      return entries.has(`jti:${jti}`) || issuedAt <= Math.max(issuedUpTo(`sub:${subject}`), issuedUpTo("org"));
    },
    forget(now) {
      for (const [key, { revocation }] of entries) {
        if (revocation.before * 1000 + REVOCATION_MS < now) entries.delete(key);
      }
    },
  };
}

/** One name for a target, by which a later revocation replaces an earlier one. */
export function revocationKey(target: RevocationTarget): string {
  if (target.kind === "jti") return `jti:${target.jti}`;
  return target.kind === "subject" ? `sub:${target.subject}` : "org";
}

/** The target that {@link revocationKey} named. */
export function revocationTarget(key: string): RevocationTarget {
  if (key === "org") return { kind: "org" };
  const name = key.slice("jti:".length);
  return key.startsWith("jti:") ? { kind: "jti", jti: name } : { kind: "subject", subject: name };
}
