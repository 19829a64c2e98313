import type { ModelEntry } from "./types.ts";

/** Models by provider, as a list shows them. */
export function groupModels(models: readonly ModelEntry[]): [string, ModelEntry[]][] {
  const grouped = Map.groupBy(models, (model) =>
    model.format === "js" ? "built in" : (model.providers[0] ?? "other"),
  );
  return [...grouped];
}
