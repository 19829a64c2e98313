import { readPreference, writePreference } from "./preferences.ts";

const THEMES = ["system", "light", "dark"] as const;

export type Theme = (typeof THEMES)[number];

const KEY = "theme";

/** The person's choice; `system` where there is none. */
export function readTheme(): Theme {
  const kept = readPreference(KEY);
  return THEMES.find((theme) => theme === kept) ?? "system";
}

/** Shows a theme and remembers it. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  writePreference(KEY, theme);
}

/** What the toggle leads to: away from what is shown now, then back to the system's own. */
export function nextTheme(theme: Theme): Theme {
  const systemDark = matchMedia("(prefers-color-scheme: dark)").matches;
  if (theme === "system") return systemDark ? "light" : "dark";
  return "system";
}
