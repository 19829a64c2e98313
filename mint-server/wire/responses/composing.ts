import type {
  Response,
  ResponseFunctionToolCallItem,
  ResponseOutputMessage,
  ResponseOutputText,
  ResponseReasoningItem,
  ResponseStreamEvent,
  ResponseUsage,
} from "openai/resources/responses/responses";

/** An answer as it is sent: without what the SDK adds, and with no usage before there is one. */
export type ResponseBody = Omit<Response, "output_text" | "usage" | "output"> & {
  readonly usage: ResponseUsage | null;
  readonly output: readonly OutputItem[];
};

export type OutputItem = ResponseReasoningItem | ResponseOutputMessage | ResponseFunctionToolCallItem;

type Unnumbered<E> = E extends { response: Response }
  ? Omit<E, "sequence_number" | "response"> & { response: ResponseBody }
  : E extends unknown
    ? Omit<E, "sequence_number">
    : never;

/** An event but for its number. What it holds goes on changing, so it must be written at once. */
export type Send = (event: Unnumbered<ResponseStreamEvent>) => void;

/** Where an item stands, as its events say it. */
export interface Place {
  readonly item_id: string;
  readonly output_index: number;
}

/** An item that is being written. */
export interface Open<Item extends OutputItem> {
  readonly item: Item;
  readonly place: Place;
}

/** A text of the answer, and where it begins in the whole of it, in UTF-16 units. */
export interface OpenText {
  readonly part: ResponseOutputText;
  readonly place: Place & { readonly content_index: number };
  readonly start: number;
}

/** An answer that is being written. Calls may be open beside each other; of words and thoughts only the last are. */
export interface Composing {
  readonly send: Send;
  /** The answer's id without its prefix. Items are called after it, so that the same answer has the same ids. */
  readonly name: string;
  readonly output: OutputItem[];
  readonly calls: Map<number, Open<ResponseFunctionToolCallItem>>;
  message?: Open<ResponseOutputMessage> | undefined;
  reasoning?: Open<ResponseReasoningItem> | undefined;
  /** The last text, which citations and probabilities belong to even when it is closed. */
  text?: OpenText;
  refused: boolean;
}

export type ItemStatus = "completed" | "incomplete";

/** Begins an item. */
export function begin<Item extends OutputItem>(
  { send, output, name }: Composing,
  prefix: "rs" | "msg" | "fc",
  make: (id: string) => Item,
): Open<Item> {
  const output_index = output.length;
  const item = make(`${prefix}_${name}_${output_index}`);
  output.push(item);
  send({ type: "response.output_item.added", output_index, item });
  return { item, place: { item_id: item.id, output_index } };
}

/** Tells that an item is whole, or is all there will be of it. */
export function finishItem({ send }: Composing, { item, place }: Open<OutputItem>): void {
  send({ type: "response.output_item.done", output_index: place.output_index, item });
}
