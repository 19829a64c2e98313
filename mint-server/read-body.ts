import { utf8 } from "./contract/bytes.ts";
import { concat } from "./contract/fields.ts";
import { createGathering } from "./contract/gathering.ts";
import { fail, ok, type Result } from "./failures.ts";

/** Reads a body of at most `maxBytes`. */
export async function readBytes(request: Request, maxBytes: number): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const declared = declaredSize(request);
  if (declared === undefined) return readUndeclared(request, maxBytes);
  return declared > maxBytes ? tooLarge(maxBytes) : ok(new Uint8Array(await request.arrayBuffer()));
}

/** A body's text, and the bytes that it took. */
export interface BodyText {
  readonly text: string;
  readonly sizeBytes: number;
}

/** Reads a UTF-8 body of at most `maxBytes`. */
export async function readText(request: Request, maxBytes: number): Promise<Result<BodyText>> {
  const declared = declaredSize(request);
  if (declared === undefined) {
    const bytes = await readUndeclared(request, maxBytes);
    return bytes.ok ? decode(bytes.value) : bytes;
  }
  if (declared > maxBytes) return tooLarge(maxBytes);
  // Decoded by the platform: a `TextDecoder` that is strict costs workerd a tenth of a whole request.
  const text = await request.text();
  return text.includes(REPLACEMENT) && utf8(text).length !== declared ? NOT_UTF8 : ok({ text, sizeBytes: declared });
}

/** What stands for bytes that are not UTF-8, and is seldom as long as what it stands for. */
const REPLACEMENT = "\uFFFD";
const NOT_UTF8 = fail({ kind: "bad_json", problem: { kind: "not_utf8" } });

function declaredSize({ headers }: Request): number | undefined {
  const declared = headers.get("content-length");
  return declared === null ? undefined : Number(declared);
}

function tooLarge(maxBytes: number) {
  return fail({ kind: "body_too_large", maxBytes });
}

async function readUndeclared({ body }: Request, maxBytes: number): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const gathering = createGathering();
  const reader = body?.getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    gathering.add(read.value);
    if (gathering.sizeBytes > maxBytes) {
      reader?.releaseLock();
      return tooLarge(maxBytes);
    }
  }
  return ok(concat(gathering.parts()));
}

function decode(bytes: Uint8Array): Result<BodyText> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    return ok({ text, sizeBytes: bytes.length });
  } catch {
    return NOT_UTF8;
  }
}
