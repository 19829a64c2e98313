/** A setting that stops the server: one line that names the field and never shows its value. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly field: string;

  constructor(field: string, problem: string) {
    // A field may be named by whoever wrote the configuration: its line ends would make more lines.
    super(`${field}: ${problem}`.replace(/[\p{Cc}\u2028\u2029]/gu, "?"));
    this.field = field;
  }
}
