import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { applyTheme, nextTheme, readTheme, type Theme } from "../state/theme.ts";
import type { IconName } from "./icon.tsx";
import { IconButton } from "./icon-button.tsx";

const THEME_ICONS: Readonly<Record<Theme, IconName>> = { system: "auto", light: "sun", dark: "moon" };

export function ThemeToggle(): JSX.Element {
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
