/** A setting that stops the server: one line that names the field and never shows its value. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly field: string;

  constructor(field: string, problem: string) {
    super(`${field}: ${problem}`);
    this.field = field;
  }
}
