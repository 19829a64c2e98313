import type { ChatCompletionContentPart } from "openai/resources/chat/completions";
import { parseDataURL } from "../read.ts";
import type { Ways } from "../wire-format.ts";

/** The part that holds a document, as those have it who do not have OpenAI's. */
export function documentPart(
  url: string,
  name: string | undefined,
  way: NonNullable<Ways["files"]>,
): ChatCompletionContentPart {
  const part =
    way === "document_url"
      ? { type: way, document_url: url, ...(name !== undefined && { document_name: name }) }
      : // Data stands there without the words that make a URL of it.
        {
          type: way,
          file_url: { url: parseDataURL(url)?.data ?? url },
          ...(name !== undefined && { file_name: name }),
        };
  // No type of OpenAI's SDK.
  return part as unknown as ChatCompletionContentPart;
}
