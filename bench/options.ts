import { parseArgs } from "node:util";

export interface Options {
  /** Names of the cases to run; empty for all. */
  readonly only: readonly string[];
  readonly rounds: number;
  readonly peers: boolean;
  readonly assert: boolean;
}

export const USAGE = `Usage: npm run bench -- [options]

  --only NAMES   only these cases, comma-separated; writes no files
  --rounds N     rounds of each case, at least 3 (default 9)
  --peers        also measure @portkey-ai/gateway on the same work
  --assert       exit with 1 if a target is missed
  --help`;

/**
 * Reads the command line; `undefined` where help was asked for.
 *
 * @throws {Error} with a sentence for the user, if an option is wrong.
 */
export function readOptions(args: readonly string[], cases: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", default: "" },
      rounds: { type: "string", default: "9" },
      peers: { type: "boolean", default: false },
      assert: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const only = values.only.split(",").filter((name) => name !== "");
  const unknown = only.find((name) => !cases.includes(name));
  if (unknown !== undefined) throw new Error(`no case "${unknown}"; there are ${cases.join(", ")}`);
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 3) throw new Error("--rounds must be a whole number of at least 3");
  return { only, rounds, peers: values.peers, assert: values.assert };
}
