import type { RoutedRequest } from "../ask-model.ts";
import type { RequestRecord } from "./record.ts";
/** A conversation's content as OpenTelemetry writes it, for organisations that want it; nothing of what is too long or no conversation. */
export declare function messagesOf(
  { request }: RoutedRequest,
  said?: string,
): Promise<NonNullable<RequestRecord["content"]> | undefined>;
