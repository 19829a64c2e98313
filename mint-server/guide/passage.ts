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
