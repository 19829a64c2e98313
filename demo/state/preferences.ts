/** Small choices that must be known before the first paint, which IndexedDB is too late for. */
export function readPreference(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Remembers a choice. Where storage is blocked, it lasts until the page is closed. */
export function writePreference(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Nothing to be done, and nothing depends on it.
  }
}
