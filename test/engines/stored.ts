/*
 * What is stored in a browser, looked at from a page. The functions that run there stand alone: nothing of this file goes
 * along with them.
 */

/** In the page: every record of every database as text, bytes as they are, one `database/store:…` a record. */
export async function dumpDatabases(this: void): Promise<string> {
  const done = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const spell = (value: unknown): string => {
    if (value instanceof CryptoKey) return `CryptoKey ${JSON.stringify(value.algorithm)} ${value.extractable}`;
    if (value instanceof Uint8Array) return new TextDecoder("latin1").decode(value);
    if (typeof value !== "object" || value === null) return String(value);
    return Object.entries(value)
      .map(([name, member]) => `${name} ${spell(member)}`)
      .join(", ");
  };
  const lines: string[] = [];
  for (const { name = "" } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const records = database.transaction(store).objectStore(store);
      const [keys, values] = await Promise.all([done(records.getAllKeys()), done(records.getAll())]);
      for (const [at, value] of values.entries()) lines.push(`${name}/${store}:${spell(value)} at ${String(keys[at])}`);
    }
    database.close();
  }
  return lines.join("\n");
}

/** In the page: flips a bit of every entry that is kept. */
export async function damageEntries(this: void): Promise<void> {
  const done = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const database = await done(indexedDB.open("mintgate-cache"));
  const records = database.transaction("bytes", "readwrite").objectStore("bytes");
  for (const key of await done(records.getAllKeys())) {
    const bytes: Uint8Array = await done(records.get(key));
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
    await done(records.put(bytes, key));
  }
  database.close();
}
