import { type CredentialClaims, readCredential } from "../../mint-server/contract/credential.ts";

/** A pasted credential's claims, if it has all that one has: nobody has checked it yet. */
export function readPasted(text: string): CredentialClaims | undefined {
  const claims = readCredential(text);
  return claims && isWhole(claims) ? claims : undefined;
}

function isWhole({ iss, sub, jti, iat, cnf, grant }: CredentialClaims): boolean {
  const { org, models, endpoints, origins, features, template, limits, logging } = grant;
  const texts: readonly unknown[] = [iss, sub, jti, org, template ?? "", cnf?.jkt ?? "", logging?.project_name ?? ""];
  const lists: readonly unknown[] = [models, endpoints, origins, features];
  return (
    typeof iat === "number" &&
    texts.every((text) => typeof text === "string") &&
    lists.every(
      (list) => list === undefined || (Array.isArray(list) && list.every((one) => typeof one === "string")),
    ) &&
    Object.entries(limits ?? {}).every(([name, value]) => typeof value === (name === "per" ? "string" : "number"))
  );
}
