import { type Json } from "../wire/read.ts";
/** What the model said in an event of a stream, or in a whole answer, of any schema. */
export interface Said {
  /** Whether it said anything: text, thoughts, or a tool's arguments. */
  readonly any: boolean;
  readonly text: string;
}
export declare function saidIn(value: Json): Said;
