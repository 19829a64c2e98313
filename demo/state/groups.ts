import { ON_DEVICE } from "./app.ts";
import type { ModelEntry } from "./types.ts";

/** Models by provider, as a list shows them. */
export function groupModels(models: readonly ModelEntry[]): [string, ModelEntry[]][] {
  const grouped = Map.groupBy(models, (model) =>
    model.format === "js" ? "built in" : model.id === ON_DEVICE ? "this browser" : (model.providers[0] ?? "other"),
  );
  return [...grouped];
}
