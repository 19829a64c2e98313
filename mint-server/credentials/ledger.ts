/** What must be remembered exactly, across instances and restarts. */
export interface Ledger {
  /**
   * Pins the first key seen in a session. True if `jkt` is the pinned one.
   *
   * @param session name of the session, unguessable from outside
   * @param expiresAt when the pin may be forgotten, in milliseconds since the epoch
   */
  pinSessionKey(session: string, jkt: string, expiresAt: number): Promise<boolean>;
}

/** The part of a Durable Object namespace that is needed, so that no platform type leaks further. */
export interface LedgerNamespace {
  getByName(name: string): Ledger;
}

/** A ledger in this process's memory, for embedding without Durable Objects: it forgets at restart. */
export function createMemoryLedger(): Ledger {
  const pins = new Map<string, string>();
  return {
    async pinSessionKey(session, jkt) {
      const pinned = pins.get(session) ?? jkt;
      pins.set(session, pinned);
      return pinned === jkt;
    },
  };
}
