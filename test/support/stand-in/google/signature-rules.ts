import type { Problem, Rule } from "../check.ts";
import type { Fields } from "../orders.ts";
import { inspect } from "../seal.ts";
import { type Asked, objectIn, objectsIn } from "../turn.ts";
import { contentsOf } from "./content-rules.ts";
import { callText, signsCalls } from "./parts.ts";

/** What Google documents for calls that no Gemini made. */
const DUMMIES: readonly unknown[] = ["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"];

/** What Gemini insists on in the signatures of what it thought. */
export const SIGNATURE_RULES: readonly Rule[] = [genuine, present];

function genuine(asked: Asked): Problem | undefined {
  for (const [at, content] of contentsOf(asked).entries()) {
    for (const [index, part] of objectsIn(content.parts).entries()) {
      const { thoughtSignature, functionCall } = part;
      if (thoughtSignature === undefined || DUMMIES.includes(thoughtSignature)) continue;
      const { name, args } = objectIn(functionCall);
      const found = functionCall
        ? inspect("google call", thoughtSignature, callText(name, args))
        : inspect("google", thoughtSignature);
      if (found === "genuine") continue;
      const why = found === "forged" ? "Thought signature is not valid." : "The signed function call was changed.";
      return { message: `contents[${at}].parts[${index}].thought_signature: ${why}` };
    }
  }
  return undefined;
}

/** The first call of each step of the current turn is signed. The turn began when the user last said something. */
function present(asked: Asked): Problem | undefined {
  if (!signsCalls(asked)) return undefined;
  const all = contentsOf(asked);
  const began = all.findLastIndex(({ role, parts }) => role !== "model" && !objectsIn(parts).some(isResponse));
  for (const [at, { role, parts }] of all.entries()) {
    if (at <= began || role !== "model") continue;
    const index = objectsIn(parts).findIndex(({ functionCall }) => functionCall !== undefined);
    const first = objectsIn(parts)[index];
    if (first === undefined || first.thoughtSignature !== undefined) continue;
    const { name } = objectIn(first.functionCall);
    return {
      message: `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${name}\`, position ${index + 1}.`,
    };
  }
  return undefined;
}

const isResponse = ({ functionResponse }: Fields) => functionResponse !== undefined;
