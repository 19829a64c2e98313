import { ok } from "../failures.ts";
import { lazy } from "../wire/lazy.ts";
import type { Authority } from "./provider.ts";

/** Keys of an AWS account, and the region that signatures are good for. */
export interface AwsKeys {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const signing = lazy(() => import("aws4fetch"));

const SERVICE = "bedrock";
const SIGNED_HEADERS = ["authorization", "x-amz-date", "x-amz-security-token"];

/**
 * Signs each call (AWS Signature Version 4): host, date and body, and no header that something in between may change.
 * `clock` gives milliseconds since the epoch.
 */
export function createAwsAuthority({ sessionToken, ...keys }: AwsKeys, clock: () => number = Date.now): Authority {
  // A signing key is good for a day.
  let signingKeys = new Map<string, ArrayBuffer>();
  let day = "";
  return {
    async headers({ url, payload }) {
      const datetime = new Date(clock()).toISOString().replace(/[:-]|\.\d{3}/g, "");
      if (!datetime.startsWith(day) || day === "") {
        day = datetime.slice(0, 8);
        signingKeys = new Map();
      }
      const { AwsV4Signer } = await signing();
      const { headers } = await new AwsV4Signer({
        ...keys,
        ...(sessionToken === undefined ? {} : { sessionToken }),
        method: "POST",
        service: SERVICE,
        url,
        body: payload,
        datetime,
        cache: signingKeys,
      }).sign();
      return ok(Object.fromEntries([...headers].filter(([name]) => SIGNED_HEADERS.includes(name))));
    },
    refused() {},
    secrets: () => [keys.accessKeyId, keys.secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])],
  };
}
