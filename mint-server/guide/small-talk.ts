/** What a message is when it is not a question about the project. */
export type SmallTalk = "greeting" | "thanks" | "farewell" | "identity" | "topics";

const PATTERNS: readonly (readonly [SmallTalk, RegExp])[] = [
  [
    "greeting",
    /^(hi|hello|hey|hiya|howdy|yo|moin|servus|hallo|good (morning|afternoon|evening|day)|greetings)( there| all| guide)?$/,
  ],
  [
    "greeting",
    /^((hi|hello|hey)( there)? )?(how are you|how is it going|how's it going|what's up|sup)( doing)?( today)?$/,
  ],
  [
    "thanks",
    /^(many |ok |okay |great |perfect |cool )?(thanks|thank you|thx|ty|cheers)( a lot| so much| very much| guide)?$/,
  ],
  ["farewell", /^(ok |thanks )?(bye|goodbye|good bye|see you|see ya|good night|ciao)( later| then)?$/],
  ["identity", /^(so )?(who|what)( exactly)? (are|r) (you|u)( really)?$/],
  [
    "identity",
    /^(hi |hello )?(are|r) (you|u) (really )?(an? |the )?(real )?(ai|llm|bot|chatbot|robot|human|person|(large )?language model|model|chatgpt|gpt.*|claude|gemini)$/,
  ],
  [
    "identity",
    /^(what|which) (language )?(model|llm|ai) (are you|is this|am i talking to|are you running|do you run)( on)?$/,
  ],
  ["topics", /^(help|help me|topics|menu)$/],
  ["topics", /^what (can|could|do) (you|i) (do|know|ask|answer|help)( you)?( with| about| me with)?$/],
  ["topics", /^(how can you help|what should i ask)( me| you)?$/],
];

/** Recognises greetings, thanks and questions about the answerer itself; `undefined` for everything else. */
export function smallTalk(message: string): SmallTalk | undefined {
  const text = message
    .toLowerCase()
    .replaceAll("’", "'")
    .replace(/[^\p{L}\p{N}' ]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  return PATTERNS.find(([, pattern]) => pattern.test(text))?.[0];
}
