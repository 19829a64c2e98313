import type { RealtimeRow } from "../providers/provider.ts";
import type { CreateDialect, Dialect } from "./dialect.ts";

type DialectId = NonNullable<RealtimeRow["dialect"]>;

/** Loaded for the sessions that need them. */
const DIALECTS: Readonly<Record<DialectId, () => Promise<CreateDialect>>> = {
  gemini: () => import("./gemini.ts").then(({ createGeminiDialect }) => createGeminiDialect),
};

/** The translation for a provider that has a protocol of its own. */
export async function createDialect(
  id: DialectId | undefined,
  session: Parameters<CreateDialect>[0],
): Promise<Dialect | undefined> {
  if (id === undefined) return undefined;
  const create = await DIALECTS[id]();
  return create(session);
}
