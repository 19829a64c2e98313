import { createHash, createHmac } from "node:crypto";

/** A request as it came, header names in lower case. */
export interface SignedRequest {
  readonly method: string;
  /** As it stood in the request line. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array | string;
}

const sha256 = (data: Uint8Array | string) => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, data: string) => createHmac("sha256", key).update(data).digest();

/**
 * What AWS does with a request (Signature Version 4): works out the signature from the request as it came, and compares.
 * Returns the names of the signed headers, or `undefined` for a signature that does not fit.
 */
export function verifyAwsSignature(request: SignedRequest, secretAccessKey: string): string[] | undefined {
  const { method, path, headers, body } = request;
  const parts = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
    headers.authorization ?? "",
  );
  const [, , scope = "", signed = "", signature] = parts ?? [];
  const [day = "", region = "", service = ""] = scope.split("/");
  const date = headers["x-amz-date"] ?? "";
  // Services other than S3 take the path as it came, and encode each part of it once more.
  const canonicalPath = path.split("/").map(encodeRfc3986).join("/");
  const names = signed.split(";");
  const fields = names.map((name) => `${name}:${(headers[name] ?? "").trim().replace(/ +/g, " ")}\n`).join("");
  const canonical = [method, canonicalPath, "", fields, signed, sha256(body)].join("\n");
  const key = [day, region, service, "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const expected = hmac(key, ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n")).toString("hex");
  return date.startsWith(day) && expected === signature ? names : undefined;
}

function encodeRfc3986(part: string): string {
  return encodeURIComponent(part).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
