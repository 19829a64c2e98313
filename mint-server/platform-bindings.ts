import type { AnswersNamespace } from "./answers/answers.ts";
import { type KvNamespace, kvStore } from "./cache/cache-store.ts";
import type { ShardNamespace } from "./credentials/ledger-lease.ts";
import type { DirectoryNamespace } from "./orgs/directory.ts";
import type { CallsNamespace } from "./realtime/sideband-calls.ts";
import type { Platform } from "./server.ts";

/** A Worker's bindings beside its settings, all of them optional. */
export interface PlatformBindings {
  readonly LEDGER?: ShardNamespace;
  readonly DIRECTORY?: DirectoryNamespace;
  readonly ANSWERS?: AnswersNamespace;
  readonly CALLS?: CallsNamespace;
  readonly CACHE?: KvNamespace;
}

/** What a Worker's platform lends by its bindings. */
export function lentBy({ LEDGER, DIRECTORY, ANSWERS, CALLS, CACHE }: PlatformBindings): Platform {
  return {
    ...(LEDGER && { ledgers: LEDGER, ledgerShards: LEDGER }),
    ...(DIRECTORY && { directories: DIRECTORY }),
    ...(ANSWERS && { answers: ANSWERS }),
    ...(CALLS && { calls: CALLS }),
    ...(CACHE && { cache: kvStore(CACHE) }),
  };
}
