import { run } from "../../mint-server/local/cli/run.ts";
import { temporaryFolder } from "../support/temporary.ts";

export interface RunOptions {
  /** The whole environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Current folder; an empty one unless given. */
  readonly folder?: string;
  /** Standard input. */
  readonly input?: string;
}

/** What a command left behind. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `mintgate credential …` in this process. */
export async function credential(
  args: readonly string[],
  { env = {}, folder, input = "" }: RunOptions = {},
): Promise<Ran> {
  const ran = { stdout: "", stderr: "" };
  const code = await run(["credential", ...args], {
    env,
    folder: folder ?? (await temporaryFolder()),
    readInput: async () => input,
    print: (line) => {
      ran.stdout += `${line}\n`;
    },
    note: (line) => {
      ran.stderr += `${line}\n`;
    },
  });
  return { code, ...ran };
}

/** An error as it must be: its code, nothing on standard output, and one line of ours. */
export function errorLine({ code, stdout, stderr }: Ran): string {
  const line = /^mintgate: ([^\n]+)\n$/.exec(stderr)?.[1];
  if (stdout !== "" || line === undefined) throw new Error(`not one line of an error: ${stdout}${stderr}`);
  return `${code} ${line}`;
}
