import { type IssuedCredential, readCredential } from "../../contract/credential.ts";
import { parseClaims } from "../../credentials/claims.ts";
import type { OrderFormInput } from "../../credentials/order-form.ts";
import { issueCredential } from "../../embed.ts";
import { readSettings } from "../../settings.ts";
import { readEnvironment, settingsAtHand } from "./at-hand.ts";
import { describeClaims, table } from "./describe-claims.ts";
import { keyOf, post, serverURL } from "./http.ts";
import { COMMON, helpText, parseOptions, SERVER } from "./options.ts";
import { inOptions, ORDER, orderOf } from "./order.ts";
import { CommandError, type Terminal, UsageError } from "./terminal.ts";

const OPTIONS = {
  ...ORDER,
  org: { type: "string", value: "NAME", help: "organisation whose endpoints serve; `default` unless given" },
  server: { ...SERVER, help: "asks this mint-server, with the key in MINTGATE_KEY" },
  ...COMMON,
} as const;

const HELP = helpText({
  usage: "mintgate credential issue --subject NAME [options]",
  about: `Issues a temporary credential: prints it alone, and what it allows on standard error.

The secret at hand signs it: MINT_SECRET with PUBLIC_URL and MINT_CONFIG, from the environment or .dev.vars, or the state
folder of \`npm start\`. With --server, a mint-server signs it, for the key in the environment variable MINTGATE_KEY.`,
  options: OPTIONS,
});

/** `mintgate credential issue` */
export async function issue(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, operands } = parseOptions(args, OPTIONS);
  if (values.help) {
    terminal.print(HELP);
    return 0;
  }
  if (operands.length > 0) throw new UsageError("`issue` takes options only; see --help");
  const order = orderOf(values);
  const { org, server } = values;
  const issued =
    server === undefined
      ? await issueHere(order, { org, terminal })
      : await issueThere(order, { org, server, terminal });
  const claims = parseClaims(readCredential(issued.key));
  if (!claims) throw new CommandError("the server answered with something that is no temporary credential");
  if (values.json) {
    terminal.print(JSON.stringify({ ...issued, jti: claims.jti }));
    return 0;
  }
  terminal.note(table(describeClaims(claims, Date.now())));
  terminal.print(issued.key);
  return 0;
}

interface Where {
  readonly org: string | undefined;
  readonly terminal: Terminal;
}

async function issueHere(order: OrderFormInput, { org, terminal }: Where): Promise<IssuedCredential> {
  const { subject } = order;
  if (typeof subject !== "string") throw new UsageError("--subject is missing: whom is the credential to speak for?");
  const settings = settingsAtHand(terminal);
  if (!settings) {
    throw new CommandError(
      "no secret is at hand: set MINT_SECRET and PUBLIC_URL, run this where `npm start` ran, or name a --server",
    );
  }
  const config = readSettings(settings);
  try {
    return await issueCredential(config, { ...order, subject, ...(org === undefined ? {} : { org }) });
  } catch (error) {
    throw error instanceof TypeError ? new CommandError(inOptions(error.message)) : error;
  }
}

async function issueThere(
  order: OrderFormInput,
  { org, server, terminal }: Where & { readonly server: string },
): Promise<IssuedCredential> {
  const baseURL = serverURL(server);
  const answer = await post({ baseURL, key: keyOf(readEnvironment(terminal)), org }, "credentials", order);
  const { key, expires_at: expiresAt, token_type: type, subject } = answer;
  // It is printed as it is, so it must be what it is said to be.
  const isIssued = typeof key === "string" && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(key) && typeof expiresAt === "number";
  if (!isIssued || (type !== "Bearer" && type !== "DPoP") || typeof subject !== "string") {
    throw new CommandError("the server answered with something that is no temporary credential");
  }
  return { key, expires_at: expiresAt, token_type: type, subject };
}
