import { MARK_IN_BASE64, packSignature, unpackSignature } from "../carry.ts";
import type { Signature } from "../chat-request.ts";

/** A signature as `thoughtSignature`, which clients may decode: standard base64, unless it is Google's own. */
export function packThought(signature: Signature): string {
  const packed = packSignature(signature, "google");
  return packed === signature.value ? packed : btoa(packed);
}

/** The signature in a `thoughtSignature`, in whichever alphabet a client has encoded it anew. */
export function unpackThought(text: string): Signature {
  if (!text.startsWith(MARK_IN_BASE64)) return { by: "google", value: text };
  try {
    return unpackSignature(atob(text.replaceAll("-", "+").replaceAll("_", "/")), "google");
  } catch {
    return { by: "google", value: text };
  }
}
