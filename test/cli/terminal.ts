import { run } from "../../mint-server/local/cli/run.ts";
import { temporaryFolder } from "../support/temporary.ts";

export interface RunOptions {
  /** The whole environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Current folder; an empty one unless given. */
  readonly folder?: string;
  /** Standard input. */
  readonly input?: string;
  /** What a person answers who is asked; unless given, there is none. */
  readonly confirm?: () => Promise<boolean>;
}

/** What a command left behind. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `mintgate …` in this process. */
export async function mintgate(
  args: readonly string[],
  { env = {}, folder, input = "", confirm }: RunOptions = {},
): Promise<Ran> {
  const ran = { stdout: "", stderr: "" };
  const code = await run(args, {
    env,
    folder: folder ?? (await temporaryFolder()),
    readInput: async () => input,
    ...(confirm && { confirm }),
    print: (line) => {
      ran.stdout += `${line}\n`;
    },
    note: (line) => {
      ran.stderr += `${line}\n`;
    },
  });
  return { code, ...ran };
}

/** Runs `mintgate credential …` in this process. */
export function credential(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return mintgate(["credential", ...args], options);
}

/** An error as it must be: its code, nothing on standard output, and one line of ours. */
export function errorLine({ code, stdout, stderr }: Ran): string {
  const line = /^mintgate: ([^\n]+)\n$/.exec(stderr)?.[1];
  if (stdout !== "" || line === undefined) throw new Error(`not one line of an error: ${stdout}${stderr}`);
  return `${code} ${line}`;
}
