import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  exportPKCS8,
  type GenerateKeyPairResult,
  generateKeyPair,
  type JWTPayload,
  type JWTVerifyResult,
  jwtVerify,
} from "jose";

/** What the endpoint answers: a status with a body, or a connection that breaks. */
export interface TokenAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly breaks?: true;
}

export interface TokenEndpoint {
  readonly url: string;
  /** A service account's key file that names this endpoint. */
  readonly keyFile: Readonly<Record<string, string>>;
  /** Assertions that it was given, checked. */
  readonly assertions: JWTVerifyResult<JWTPayload>[];
  /** Tokens that it gave, oldest first. */
  readonly tokens: string[];
  /** Answers in place of a good one, used up in order. */
  readonly next: TokenAnswer[];
  /** Holds the answer to the next assertion back until what it returns is called. */
  hold(): () => void;
  stop(): Promise<void>;
}

/** Made once: it takes longer than most tests. */
let keys: Promise<GenerateKeyPairResult> | undefined;

/**
 * Starts a stand-in for Google's token endpoint: it checks each assertion like RFC 7523 says, and gives a new token for it.
 */
export async function startTokenEndpoint(lifetimeSeconds = 3600): Promise<TokenEndpoint> {
  keys ??= generateKeyPair("RS256", { extractable: true });
  const { privateKey, publicKey } = await keys;
  const assertions: JWTVerifyResult<JWTPayload>[] = [];
  const tokens: string[] = [];
  const next: TokenAnswer[] = [];
  let held: Promise<void> = Promise.resolve();
  let count = 0;

  const answerTo = async (form: URLSearchParams, audience: string): Promise<TokenAnswer> => {
    const assertion = form.get("assertion") ?? "";
    // The tests' clocks stand where they like.
    const { iat = 0 } = JSON.parse(Buffer.from(assertion.split(".")[1] ?? "", "base64url").toString()) as JWTPayload;
    const options = { algorithms: ["RS256"], audience, currentDate: new Date(iat * 1000) };
    assertions.push(await jwtVerify(assertion, publicKey, options));
    if (form.get("grant_type") !== "urn:ietf:params:oauth:grant-type:jwt-bearer") throw new Error("another grant");
    const token = `ya29.c.canary-token-${++count}`;
    tokens.push(token);
    return { body: { access_token: token, expires_in: lifetimeSeconds, token_type: "Bearer" } };
  };

  const respond = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = Buffer.concat(await Array.fromAsync<Buffer<ArrayBuffer>>(message)).toString();
    const waiting = held;
    held = Promise.resolve();
    const good = await answerTo(new URLSearchParams(text), url).catch((): TokenAnswer => ({ status: 400 }));
    await waiting;
    const { status = 200, headers, body = {}, breaks }: TokenAnswer = next.shift() ?? good;
    if (breaks) {
      response.destroy();
      return;
    }
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };

  const server = createServer((message, response) => void respond(message, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;

  return {
    url,
    keyFile: {
      type: "service_account",
      client_email: "mint@acme-1.iam.gserviceaccount.com",
      private_key_id: "key-canary-id-1",
      private_key: await exportPKCS8(privateKey),
      token_uri: url,
    },
    assertions,
    tokens,
    next,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
