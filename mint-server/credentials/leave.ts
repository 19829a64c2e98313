import type { Grant } from "../contract/credential.ts";
import type { ModelEndpoint } from "../contract/endpoints.ts";
import type { Failure } from "../failures.ts";
import type { ModelRequest } from "../model-request.ts";
import { allowsEndpoint } from "./claims.ts";
import { forbiddenFeature } from "./features.ts";
import { strangeModelField } from "./other-models.ts";
import { forbiddenFile } from "./stored-files.ts";
import type { Template } from "./template.ts";

interface Leaving {
  /** The endpoint of the path. */
  readonly taken: ModelEndpoint;
  readonly template: Template | undefined;
}

/** What a grant says of the body. Keys may do whatever their owner could do at the provider. */
export function checkLeave(
  grant: Grant,
  { endpoint, body }: ModelRequest,
  { taken, template }: Leaving,
): Failure | undefined {
  // Leave for `auto` is leave for what it turns out to be, by that path alone.
  if (!allowsEndpoint(grant, endpoint.name) && !(taken.path === "auto" && allowsEndpoint(grant, "auto"))) {
    return { kind: "insufficient_scope", param: null, detail: `This credential does not cover ${endpoint.name}.` };
  }
  const param = strangeModelField(grant, body, template?.fixed);
  if (param !== undefined) {
    const detail = `This credential does not cover every model that \`${param}\` may lead to.`;
    return { kind: "insufficient_scope", param, detail };
  }
  const use = forbiddenFeature(grant, body, endpoint.schema) ?? forbiddenFile(grant, body, endpoint.schema, template);
  return (
    use && {
      kind: "insufficient_scope",
      param: use.param,
      detail: `This credential does not cover \`${use.feature}\`.`,
    }
  );
}
