import { parseArgs } from "node:util";
import { UsageError } from "./terminal.ts";

/** One option of a command: how it is parsed, and its line in the help. */
interface Option {
  readonly type: "string" | "boolean";
  readonly multiple?: boolean;
  /** Placeholder of its value. */
  readonly value?: string;
  /** A letter that stands for it. */
  readonly short?: string;
  readonly help: string;
}

export type Options = Readonly<Record<string, Option>>;

type Value<O extends Option> = O extends { type: "boolean" }
  ? boolean
  : O extends { multiple: true }
    ? string[]
    : string;

/** What was given of a command's options. */
export type Values<T extends Options> = { readonly [Name in keyof T]?: Value<T[Name]> };

export const HELP_OPTION = { type: "boolean", short: "h", help: "shows this" } as const satisfies Option;

/** Options of every command for credentials. */
export const COMMON = {
  json: { type: "boolean", help: "prints JSON, for scripts" },
  help: HELP_OPTION,
} as const satisfies Options;

export const SERVER = {
  type: "string",
  value: "URL",
  help: "asks this mint-server",
} as const satisfies Option;

/** Names under which someone may try to hand over a key. */
const KEY_NAMES = /^-{1,2}(mintgate-|mint-|api-?|project-?|provider-?)?(key|secret|token|authorization|password)$/i;

/**
 * Parses a command's options and its operands.
 *
 * @throws {UsageError} for what the command does not take, without its value: that may be a key.
 */
export function parseOptions<const T extends Options>(
  args: readonly string[],
  options: T,
): { readonly values: Values<T>; readonly operands: readonly string[] } {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true, allowPositionals: true });
  const values: Record<string, string | boolean | string[]> = {};
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (!option) throw new UsageError(unknownOption(token.rawName));
    const value = checkedValue(option, token);
    const before = values[token.name];
    if (Array.isArray(before)) before.push(String(value));
    else if (before !== undefined && option.type === "string") {
      throw new UsageError(`${token.rawName} may be given once`);
    } else values[token.name] = option.multiple ? [String(value)] : value;
  }
  return { values: values as Values<T>, operands };
}

interface GivenOption {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function checkedValue({ type }: Option, { rawName, value, inlineValue }: GivenOption): string | true {
  if (type === "boolean") {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
    return true;
  }
  if (value === undefined) throw new UsageError(`${rawName} needs a value`);
  // The next option, where a variable was empty; but one in 64 thumbprints begins with a dash.
  if (/^-(-|.?$)/.test(value) && !inlineValue) {
    throw new UsageError(`${rawName} needs a value; one that looks like an option is written ${rawName}=VALUE`);
  }
  // An unset variable of a shell; it must not mean "all".
  if (value.trim() === "") throw new UsageError(`${rawName} must not be empty`);
  return value;
}

function unknownOption(rawName: string): string {
  if (KEY_NAMES.test(rawName)) {
    return "a key does not belong on the command line, where every process can read it; put it into MINTGATE_KEY";
  }
  // What looks like no option's name may be a value.
  return /^--?[a-z][a-z-]{0,24}$/.test(rawName)
    ? `${rawName} is not an option; see --help`
    : "one of the options does not exist; see --help";
}

/** The help of a command. */
export function helpText({ usage, about, options }: { usage: string; about: string; options: Options }): string {
  const rows = Object.entries(options).map(([name, { value, multiple, help }]) => ({
    left: `  --${name}${value ? ` ${value}` : ""}`,
    right: `${help}${multiple ? "; may be given several times" : ""}`,
  }));
  const width = Math.max(...rows.map(({ left }) => left.length)) + 2;
  const lines = rows.map(({ left, right }) => left.padEnd(width) + right);
  return [`Usage: ${usage}`, "", about, "", "Options:", ...lines].join("\n");
}
