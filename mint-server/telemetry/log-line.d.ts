import type { RequestRecord } from "./record.ts";
/** A request as one line of JSON: nothing of what was said in it, and no secret. */
export declare function logLine(record: RequestRecord): string;
/** Whether a request is a failure of the server's or of a provider's, and not its caller's own. */
export declare function isServersFailure({ status, errorKind }: Pick<RequestRecord, "status" | "errorKind">): boolean;
