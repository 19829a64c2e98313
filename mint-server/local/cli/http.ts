import { checkedBaseURL, checkedSecret } from "../../checked-values.ts";
import { HEADER } from "../../contract/headers.ts";
import { SettingsError } from "../../settings-error.ts";
import type { Environment } from "../environment.ts";
import { CommandError, printable, UsageError } from "./terminal.ts";

/** A mint-server, and the key by which it knows us. */
export interface Server {
  /** Without `/v1/proxy`, and without a slash at its end. */
  readonly baseURL: string;
  readonly key: string;
  /** Organisation to act for; the key's own unless given. */
  readonly org?: string | undefined;
}

const TIMEOUT_MS = 30_000;
const MAX_MESSAGE_LENGTH = 500;

/**
 * The address of a mint-server as it may be written: with `/v1/proxy` or without.
 *
 * @throws {UsageError} if it is no URL to send a key to.
 */
export function serverURL(value: string): string {
  try {
    return checkedBaseURL(value, "--server").replace(/\/v1(\/proxy)?$/, "");
  } catch (error) {
    throw error instanceof SettingsError ? new UsageError(error.message) : error;
  }
}

/**
 * The key in `MINTGATE_KEY`.
 *
 * @throws {SettingsError} if there is none, or one that no header can carry.
 */
export function keyOf(env: Environment): string {
  const key = env.MINTGATE_KEY?.trim();
  if (!key) throw new SettingsError("MINTGATE_KEY", "is missing; set it to a project key of the server");
  return checkedSecret(key, "MINTGATE_KEY");
}

/**
 * Posts JSON to a route of the API; the JSON object that came back, or an empty one.
 *
 * @throws {CommandError} if the server refuses, cannot be reached, or answers something else.
 */
export async function post(server: Server, path: string, body: object): Promise<Readonly<Record<string, unknown>>> {
  const { baseURL, key, org } = server;
  const answer = await ask(`${baseURL}/v1/proxy/${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      ...(org === undefined ? {} : { [HEADER.orgName]: checkedSecret(org, "--org") }),
    },
    body: JSON.stringify(body),
  });
  if (answer.ok) return answer.json;
  throw new CommandError(refusal(answer, key));
}

/** Gets a public JSON object. Throws as {@link post} does. */
export async function getJson(url: string): Promise<Readonly<Record<string, unknown>>> {
  const answer = await ask(url, {});
  if (answer.ok) return answer.json;
  throw new CommandError(refusal(answer));
}

interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

async function ask(url: string, init: RequestInit): Promise<Answer> {
  const { origin } = new URL(url);
  try {
    // A redirect is followed by no key of ours.
    const response = await fetch(url, { ...init, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    const json = parseObject(text);
    if (response.ok && text !== "" && !json) throw new CommandError(`${origin} did not answer with JSON`);
    return { ok: response.ok, status: response.status, json: json ?? {} };
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${origin} ${unreachable(error)}`);
  }
}

function unreachable(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `did not answer within ${TIMEOUT_MS / 1000} s`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return `cannot be reached${typeof code === "string" ? ` (${code})` : ""}`;
}

/** What a server says of a refusal, without the key: it may have been quoted. */
function refusal({ status, json: { error } }: Answer, key?: string): string {
  const details = isObject(error) ? error : {};
  const code = typeof details.code === "string" ? ` ${details.code}` : "";
  const message = typeof details.message === "string" ? `: ${details.message}` : "";
  const text = `the server refused (${status}${code})${message}`;
  return printable(key ? text.replaceAll(key, "…") : text).slice(0, MAX_MESSAGE_LENGTH);
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
