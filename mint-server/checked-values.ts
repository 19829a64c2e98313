import { SettingsError } from "./settings-error.ts";

/** Checks a base URL: `https`, or `http` to a loopback or private address. Returns it without trailing slashes. */
export function checkedBaseURL(value: string, field: string): string {
  return checkedURL(value, field).href.replace(/\/+$/, "");
}

/** Checks the URL of one resource: as a base URL, but its path is left as it is. */
export function checkedURL(value: string, field: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url) throw new SettingsError(field, "is not a URL");
  if (url.username || url.password) throw new SettingsError(field, "must not hold a user name or password");
  if (url.search || url.hash) throw new SettingsError(field, "must not hold a query or fragment");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isPrivateHost(url.hostname))) {
    throw new SettingsError(field, "must be https, or http to a loopback or private address");
  }
  return url;
}

function isPrivateHost(hostname: string): boolean {
  if (hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]") return true;
  if (/^\[f[cd][0-9a-f]{2}:/.test(hostname)) return true;
  return /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)\d/.test(hostname) && /^[\d.]+$/.test(hostname);
}

/** A value that is to travel in a header. */
export function checkedSecret(value: string, field: string): string {
  if (!/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value)) {
    throw new SettingsError(field, "holds characters that no header can carry, or begins or ends with a space");
  }
  return value;
}
