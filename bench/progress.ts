/** Tells what is being measured. */
export type Progress = (what: string) => void;

/** Progress on standard error: one line that is written over on a terminal, else a line for each case only. */
export function startProgress(): { readonly of: (name: string) => Progress; end(): void } {
  const { stderr } = process;
  const width = (): number => Math.max(20, (stderr.columns ?? 80) - 1);
  return {
    of(name) {
      if (!stderr.isTTY) stderr.write(`measuring ${name}\n`);
      return (what) => {
        if (stderr.isTTY) stderr.write(`\r\x1b[K${`${name}: ${what}`.slice(0, width())}`);
      };
    },
    end() {
      if (stderr.isTTY) stderr.write("\r\x1b[K");
    },
  };
}
