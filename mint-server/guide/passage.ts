/** One section of the documentation: what a search finds and an answer shows. */
export interface Passage {
  /** File, from the root of the project. */
  readonly page: string;
  /** The page's own heading. */
  readonly title: string;
  readonly heading: string;
  /** Words that people use for this and the text does not: searched, never shown. */
  readonly also: string;
  /** Markdown, without the heading. */
  readonly text: string;
}

/** The passages of one page, from `[heading, also, text]` each: how they are carried. */
export function pagePassages(
  page: string,
  title: string,
  rows: readonly (readonly [heading: string, also: string, text: string])[],
): Passage[] {
  return rows.map(([heading, also, text]) => ({ page, title, heading, also, text }));
}
