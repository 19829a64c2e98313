import type { JSX } from "preact";
import { app, showPanel } from "../state/app.ts";
import { useStore } from "../state/store.ts";
import { IconButton } from "./icon-button.tsx";
import { ModelPicker } from "./model-picker.tsx";
import { Settings } from "./settings.tsx";
import { ThemeToggle } from "./theme-toggle.tsx";

export function Header({ roomForList }: { readonly roomForList: boolean }): JSX.Element {
  const panelOpen = useStore(app, (state) => state.panelOpen);
  return (
    <header class="header">
      {!roomForList && <IconButton icon="menu" label="Conversations" onClick={() => app.patch({ listOpen: true })} />}
      <ModelPicker />
      <div class="header-end">
        <ThemeToggle />
        <Settings />
        <IconButton
          icon="receipt"
          label="What just happened"
          class="panel-toggle"
          expanded={panelOpen}
          onClick={() => showPanel(!panelOpen)}
        />
      </div>
    </header>
  );
}
