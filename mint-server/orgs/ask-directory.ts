import { fail, ok, type Result } from "../failures.ts";
import type { Directory } from "./directory.ts";

/** Reaches the directory. To be called for each call: on workerd a stub works in the request that made it only. */
export type ReachDirectory = () => Directory;

const PATIENCE_MS = 5_000;

/** What the directory answers, if it does in time. */
export async function askDirectory<T>(
  reach: ReachDirectory,
  question: (directory: Directory) => Promise<T>,
): Promise<Result<T>> {
  const { promise: late, resolve } = Promise.withResolvers<Result<T>>();
  const timer = setTimeout(() => resolve(fail({ kind: "directory_unavailable" })), PATIENCE_MS);
  try {
    const answered = question(reach()).then(ok);
    return await Promise.race([answered, late]);
  } catch (error) {
    console.error(
      `mintgate: the directory of organisations failed: ${error instanceof Error ? error.name : "unknown"}`,
    );
    return fail({ kind: "directory_unavailable" });
  } finally {
    clearTimeout(timer);
  }
}
