import { createHash } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** An identifier such as providers give: letters and digits, the same for the same seed. */
export function idFrom(seed: string, length: number): string {
  const bytes = createHash("sha512").update(seed).digest();
  return Array.from({ length }, (_, at) => ALPHABET[(bytes[at] ?? 0) % ALPHABET.length]).join("");
}
