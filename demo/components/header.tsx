import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { app, showPanel } from "../state/app.ts";
import { useStore } from "../state/store.ts";
import { applyTheme, nextTheme, readTheme, type Theme } from "../state/theme.ts";
import type { IconName } from "./icon.tsx";
import { IconButton } from "./icon-button.tsx";
import { ModelPicker } from "./model-picker.tsx";
import { Settings } from "./settings.tsx";

const THEME_ICONS: Readonly<Record<Theme, IconName>> = { system: "auto", light: "sun", dark: "moon" };

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

function ThemeToggle(): JSX.Element {
  const [theme, setTheme] = useState(readTheme);
  const toggle = (): void => {
    const next = nextTheme(theme);
    applyTheme(next);
    setTheme(next);
  };
  return (
    <IconButton
      icon={THEME_ICONS[theme]}
      label={`Colours: ${theme === "system" ? "as the system" : theme}. Change to ${nextTheme(theme)}`}
      onClick={toggle}
    />
  );
}
