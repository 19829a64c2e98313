import { readSettings } from "../../settings.ts";
import { SettingsError } from "../../settings-error.ts";
import { readEnvironment, settingsAtHand } from "./at-hand.ts";
import { keyOf, post, type Server, serverURL } from "./http.ts";
import { COMMON, helpText, parseOptions, SERVER } from "./options.ts";
import { CommandError, printable, type Terminal, UsageError } from "./terminal.ts";

const OPTIONS = {
  jti: { type: "string", value: "ID", help: "the credential with this id, as `inspect` shows it" },
  subject: { type: "string", value: "NAME", help: "every credential of this subject that was issued up to now" },
  all: { type: "boolean", help: "every credential of the organisation that was issued up to now" },
  org: { type: "string", value: "NAME", help: "organisation, where the key belongs to several" },
  server: { ...SERVER, help: "the mint-server to tell, with the key in MINTGATE_KEY" },
  ...COMMON,
} as const;

const HELP = helpText({
  usage: "mintgate credential revoke (--jti ID | --subject NAME | --all) [options]",
  about: `Ends temporary credentials before their time.

With --server, the project key is that of the environment variable MINTGATE_KEY. Without, the settings at hand (of the
environment, of .dev.vars, or of the state folder of \`npm start\`) say where the mint-server is, and hold a project key.`,
  options: OPTIONS,
});

/** `mintgate credential revoke` */
export async function revoke(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, operands } = parseOptions(args, OPTIONS);
  if (values.help) {
    terminal.print(HELP);
    return 0;
  }
  if (operands.length > 0) throw new UsageError("`revoke` takes options only; see --help");
  const { jti, subject, all, org } = values;
  const targets = [
    jti === undefined ? [] : { body: { jti }, name: `the credential ${jti}` },
    subject === undefined ? [] : { body: { subject }, name: `every credential of ${subject}` },
    all ? { body: { all }, name: "every credential of the organisation" } : [],
  ].flat();
  const [target] = targets;
  if (!target || targets.length > 1) throw new UsageError("`revoke` takes one of --jti, --subject and --all");
  const server =
    values.server === undefined
      ? serverAtHand(org, terminal)
      : { baseURL: serverURL(values.server), key: keyOf(readEnvironment(terminal)), org };
  const answer = await post(server, "credentials/revoke", target.body);
  const { baseURL } = server;
  const done = { ...answer, revoked: target.body, server: baseURL, ...(org === undefined ? {} : { org }) };
  terminal.print(values.json ? JSON.stringify(done) : printable(`revoked ${target.name} at ${baseURL}`));
  return 0;
}

/** The mint-server whose settings are at hand, and a project key of the organisation. */
function serverAtHand(org: string | undefined, terminal: Terminal): Server {
  const settings = settingsAtHand(terminal);
  if (!settings) {
    throw new CommandError(
      "no server is at hand: name a --server, with a project key in MINTGATE_KEY, or run this where `npm start` ran",
    );
  }
  const { publicURLs, orgs } = readSettings(settings);
  const name = org ?? "default";
  const keys = Object.hasOwn(orgs, name) ? orgs[name]?.keys : undefined;
  // Not MINTGATE_KEY: that is for the server which the caller names, and not for one that a file does.
  const key = keys?.[0];
  if (!key) throw new SettingsError(`orgs.${printable(name)}.keys`, "hold no project key to revoke with");
  return { baseURL: serverURL(publicURLs[0] ?? ""), key, org };
}
