import { toBase64url, utf8 } from "./contract/bytes.ts";
import { concat } from "./contract/fields.ts";

/** A form as it goes on. */
export interface WrittenForm {
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
}

/** What came. */
export interface SentForm {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
}

/**
 * Writes a form that was read once more, so that it holds what was read and nothing else: parsers differ in which of two
 * headers of a part they believe, and which of two names in one. It is written as browsers do, so that what came from one, or
 * from an SDK, is the same to the byte; and any form is written the same way again.
 */
export async function writeForm(form: FormData, sent: SentForm): Promise<WrittenForm> {
  const boundary = plainBoundary(sent.contentType) ?? `form-${await hashOf(sent.bytes)}`;
  const parts: Uint8Array[] = [];
  for (const [name, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quotable(name)}"`;
    if (typeof value === "string") {
      parts.push(utf8(`${head}\r\n\r\n${value}\r\n`));
      continue;
    }
    const type = value.type || "application/octet-stream";
    parts.push(utf8(`${head}; filename="${quotable(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`));
    parts.push(new Uint8Array(await value.arrayBuffer()), utf8("\r\n"));
  }
  parts.push(utf8(`--${boundary}--\r\n`));
  return { payload: concat(parts), contentType: `multipart/form-data; boundary=${boundary}` };
}

/** A boundary that all read alike. It parted the form when that was read, so it stands in none of its parts. */
function plainBoundary(contentType: string): string | undefined {
  return /^multipart\/form-data; ?boundary=([\w-]{1,70})$/.exec(contentType)?.[1];
}

/** A hash of the form does not occur in the form. */
async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** As browsers write names (HTML Standard §4.10.21.8). */
function quotable(name: string): string {
  return name.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
}
