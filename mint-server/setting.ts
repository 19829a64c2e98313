/** Settings as text: a process's environment, or a Worker's variables and secrets. */
export type Settings = Readonly<Record<string, unknown>>;

/** A setting's text; an empty one counts as not set, as in shells. */
export function setting(settings: Settings, name: string): string | undefined {
  const value = settings[name];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}
