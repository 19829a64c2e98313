/** What this instance has seen of an organisation's realtime sessions since it started. */
export interface SessionsOfOrg {
  /** Under way. */
  readonly open: number;
  /** Over, like all that follows. */
  readonly sessions: number;
  readonly seconds: number;
  /** Of sessions whose frames were read. */
  readonly tokens: number;
  /** Of those whose price is known. */
  readonly micros: number;
}

export type SessionSums = Omit<SessionsOfOrg, "open" | "sessions">;

export interface SessionsSeen {
  /** A session begins; to be told once of its end. */
  begin(org: string): (sums: SessionSums) => void;
  of(org: string): SessionsOfOrg;
  /** Of all organisations. */
  readonly open: number;
}

const NONE: SessionsOfOrg = { open: 0, sessions: 0, seconds: 0, tokens: 0, micros: 0 };
/** Organisations are the operator's, or an admin's; those that were asked for longest ago are forgotten. */
const MAX_ORGS = 1000;

export function createSessionsSeen(): SessionsSeen {
  const byOrg = new Map<string, SessionsOfOrg>();
  const of = (org: string): SessionsOfOrg => byOrg.get(org) ?? NONE;
  let open = 0;
  return {
    of,
    get open() {
      return open;
    },
    begin(org) {
      const before = of(org);
      byOrg.delete(org);
      const [oldest] = byOrg.size >= MAX_ORGS ? byOrg.keys() : [];
      if (oldest !== undefined) byOrg.delete(oldest);
      byOrg.set(org, { ...before, open: before.open + 1 });
      open += 1;
      return ({ seconds, tokens, micros }) => {
        const now = of(org);
        open -= 1;
        byOrg.set(org, {
          open: Math.max(0, now.open - 1),
          sessions: now.sessions + 1,
          seconds: now.seconds + seconds,
          tokens: now.tokens + tokens,
          micros: now.micros + micros,
        });
      };
    },
  };
}
