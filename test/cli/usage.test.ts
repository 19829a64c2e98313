import { expect, test } from "vitest";
import { parseDuration, spokenDuration } from "../../mint-server/local/cli/duration.ts";
import { credential, errorLine } from "./terminal.ts";

test.each([
  ["no command", [], /`issue`, `inspect` or `revoke`/],
  ["a command that does not exist", ["steal"], /`issue`, `inspect` or `revoke`/],
  ["a name that every object has", ["constructor"], /`issue`, `inspect` or `revoke`/],
  ["an option that does not exist", ["issue", "--modle", "x"], /--modle is not an option/],
  ["an option without its value", ["issue", "--ttl"], /--ttl needs a value/],
  ["an option before its value", ["issue", "--ttl", "--json"], /--ttl needs a value/],
  ["a switch with a value", ["issue", "--json=yes"], /--json takes no value/],
  ["an empty value, as of an unset variable", ["revoke", "--subject", ""], /--subject must not be empty/],
  ["an option twice that stands once", ["revoke", "--jti", "a", "--jti", "b"], /--jti may be given once/],
  ["operands where there are none", ["issue", "alice"], /takes options only/],
  ["no subject without a server", ["issue"], /--subject is missing/],
  ["a time that is none", ["issue", "--subject", "a", "--ttl", "soon"], /--ttl must be a time/],
  ["a time too long", ["issue", "--subject", "a", "--ttl", "2d"], /--ttl must be from 1 to 86400/],
  ["money that is none", ["issue", "--subject", "a", "--usd", "1e3"], /--usd must be a number/],
  ["money below nothing", ["issue", "--subject", "a", "--usd=-1"], /--usd must be a number/],
  ["half a token", ["issue", "--subject", "a", "--tokens", "1.5"], /--tokens must be a whole number/],
  ["a span that is none", ["issue", "--subject", "a", "--usd", "1", "--per", "week"], /--per must be credential/],
  ["a span of nothing", ["issue", "--subject", "a", "--per", "day"], /--per needs a limit/],
  ["an endpoint that is none", ["issue", "--subject", "a", "--endpoint", "all"], /--endpoint holds a name/],
  ["an origin with a path", ["issue", "--subject", "a", "--origin", "https://a.example/x"], /--origin must be/],
  ["a feature that is none", ["issue", "--subject", "a", "--feature", "all"], /--feature may hold hosted_tools/],
  ["a thumbprint that is none", ["issue", "--subject", "a", "--jkt", "x"], /--jkt must be/],
  ["nothing to revoke", ["revoke"], /one of --jti, --subject and --all/],
  ["two things to revoke", ["revoke", "--jti", "a", "--all"], /one of --jti, --subject and --all/],
  ["nothing to inspect", ["inspect"], /one credential/],
  ["two things to inspect", ["inspect", "a", "b"], /one credential/],
  ["a server that is no URL", ["issue", "--server", "mint"], /--server: is not a URL/],
  ["a server over plain HTTP", ["issue", "--server", "http://mint.example"], /--server: must be https/],
] as const)("refuses %s with code 2", async (_, args, message) => {
  const line = errorLine(await credential(args));
  expect(line).toMatch(/^2 /);
  expect(line).toMatch(message);
});

const CANARY = "sk-canary-4a7d19";

test.each([
  ["--key", CANARY],
  [`--key=${CANARY}`],
  ["--api-key", CANARY],
  [`--mint-secret=${CANARY}`],
  ["--token", CANARY],
  ["--project-key", CANARY],
  ["--authorization", CANARY],
])("takes no key on the command line: %s", async (...args) => {
  for (const command of ["issue", "inspect", "revoke"]) {
    const line = errorLine(await credential([command, ...args]));
    expect(line).toMatch(/^2 a key does not belong on the command line.*MINTGATE_KEY$/);
  }
});

test.each([
  ["issue", CANARY],
  ["issue", `--${CANARY}`],
  ["issue", "--jkt", CANARY, "--subject", "a"],
  ["issue", "--usd", CANARY],
  ["issue", "--ttl", CANARY],
  ["issue", "--server", `https://user:${CANARY}@mint.example`],
  ["issue", "--server", `https://mint.example/?key=${CANARY}`],
  ["revoke", CANARY],
  ["inspect", CANARY],
  ["inspect", CANARY, CANARY],
  [CANARY],
])("repeats no value that is wrong: %s", async (...args) => {
  const ran = await credential(args);
  expect(errorLine(ran)).not.toContain(CANARY);
});

test.each([["--help"], ["issue", "--help"], ["inspect", "--help"], ["revoke", "--help"]])(
  "explains itself: %s %s",
  async (...args) => {
    const { code, stdout, stderr } = await credential(args);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Usage: mintgate credential /);
    expect(stdout).toMatch(/^ {2}--help {2,}\S/m);
  },
);

test("durations are read and spoken", () => {
  expect(["90s", "10m", "2h", "1d", "600"].map(parseDuration)).toEqual([90, 600, 7200, 86_400, 600]);
  expect(["", "m", "1.5h", "-1s", "10 m", "1w", "1h30m"].map(parseDuration)).toEqual(Array(7).fill(undefined));
  expect([0, 59, 60, 598, 3600, 3605, 90_061].map(spokenDuration)).toEqual([
    "0 s",
    "59 s",
    "1 min",
    "9 min 58 s",
    "1 h",
    "1 h",
    "1 d 1 h",
  ]);
});
