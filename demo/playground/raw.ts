import type { APIError } from "openai";

/** Status and headers of an answer, as HTTP has them. */
export function headOf({ status, headers }: Pick<Response, "status" | "headers">): string {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`);
  return [`HTTP ${status}`, ...lines, "", ""].join("\n");
}

/** The same response, whose text is told as it is read. */
export function recorded(response: Response, tell: (text: string) => void): Response {
  if (!response.body) return response;
  const decoder = new TextDecoder();
  const body = response.body.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, out) {
        tell(decoder.decode(chunk, { stream: true }));
        out.enqueue(chunk);
      },
    }),
  );
  return new Response(body, { status: response.status, headers: response.headers });
}

/** A refusal as it came, as far as the SDK hands it on. */
export function refusalText({ status, headers, error }: APIError): string {
  const head = status === undefined ? "" : headOf({ status, headers: headers ?? new Headers() });
  return `${head}${error ? JSON.stringify({ error }, undefined, 2) : ""}`;
}

/** A request as it is sent, its pictures cut short: nobody reads them. */
export function shownBody(body: unknown): string {
  return JSON.stringify(body, undefined, 2).replace(
    /"(data:image\/\w+;base64,[\w+/]{24})([\w+/=]+)"/g,
    (_, start: string, rest: string) => `"${start}… and ${rest.length.toLocaleString("en")} more characters"`,
  );
}
