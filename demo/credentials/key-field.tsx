import type { JSX } from "preact";
import { SecretField } from "../components/fields.tsx";
import { keys } from "../state/keys.ts";
import { useStore } from "../state/store.ts";

/** The key of whoever issues and revokes: the same for both. */
export function KeyField(): JSX.Element {
  const project = useStore(keys, (state) => state.project);
  return (
    <SecretField
      label="Project key, or a provider’s key"
      hint="Where npm start runs, it prints one. It stays in this tab’s memory and is gone after a reload."
      required
      value={project}
      onInput={(value) => keys.patch({ project: value })}
    />
  );
}
