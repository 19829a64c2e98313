import MiniSearch, { type Query, type SearchResult } from "minisearch";
import type { Passage } from "./passage.ts";
import { isWeak, normalise, tokenize, tokenizeWithParts } from "./terms.ts";

/** `sure`: the passage is about what was asked. `close`: it holds some of it. */
export type Confidence = "sure" | "close";

export interface Found {
  readonly passage: Passage;
  readonly confidence: Confidence;
  /** Passages worth a look besides, best first. */
  readonly related: readonly Passage[];
}

export interface Question {
  readonly text: string;
  /** What the same person asked before, oldest first. */
  readonly before: readonly string[];
  /** True for a passage that was shown before; it is passed over where someone only asks for more. */
  readonly seen: (passage: Passage) => boolean;
}

/** Finds the passage that answers a question; `undefined` where none does. */
export type Search = (question: Question) => Found | undefined;

/** Weight of a word beside others that say more. */
const WEAK_WEIGHT = 0.15;
/** Weight of an earlier question's words: a short question leans on what was said before. */
const CONTEXT_WEIGHT = 0.15;
const SHORT_QUESTION_CONTEXT_WEIGHT = 0.3;
const SHORT_QUESTION_TERMS = 2;
const MAX_RELATED = 2;
/** A passage is related from this share of the best one's score. */
const RELATED_SHARE = 0.45;
/** Shares of the question that a passage must cover. */
const SURE_COVERAGE = 0.6;
const CLOSE_COVERAGE = 0.5;
/** A word that no passage holds shows that the question is about something else. */
const UNKNOWN_TERM_WEIGHT = 1.5;
/** What a word counts that matches only by being spelled alike. */
const FUZZY_SHARE = 0.6;

interface Ranked {
  readonly passage: Passage;
  readonly score: number;
  /** Share of the question that the passage holds, 0 to 1. */
  readonly coverage: number;
}

/** Builds the index of some passages, to be kept. */
export function createSearch(passages: readonly Passage[]): Search {
  const index = new MiniSearch<Passage & { readonly id: number }>({
    fields: ["heading", "also", "title", "text"],
    // A heading that is an error's code says nothing about "model" or "key" in general.
    tokenize: (text, field) => (field === "text" ? tokenizeWithParts(text) : tokenize(text)),
    processTerm: normalise,
    searchOptions: {
      boost: { heading: 4, also: 3, title: 0.8 },
      prefix: (term) => term.length > 3,
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      weights: { prefix: 0.6, fuzzy: 0.3 },
    },
  });
  index.addAll(passages.map((passage, id) => ({ ...passage, id })));
  return (question) => {
    const asked = terms(question.text);
    // "Tell me more" asks nothing by itself: it means the next passage on what was asked before.
    const wanted = asked.length > 0 ? asked : terms(question.before.at(-1) ?? "");
    const ranked = rank(wanted, passages, index.search(query(question, asked)));
    return choose(asked.length > 0 ? ranked : ranked.filter(({ passage }) => !question.seen(passage)));
  };
}

/** The words that a question is about; its weak ones only where it has no others. */
function terms(text: string): string[] {
  const all = [
    ...new Set(
      tokenize(text)
        .map(normalise)
        .filter((term) => term !== null),
    ),
  ];
  const strong = all.filter((term) => !isWeak(term));
  return strong.length > 0 ? strong : all;
}

function query({ text, before }: Question, asked: readonly string[]): Query {
  const weight = asked.length > SHORT_QUESTION_TERMS ? CONTEXT_WEIGHT : SHORT_QUESTION_CONTEXT_WEIGHT;
  const context = before.slice(-2).map((earlier) => ({ queries: [earlier], boostTerm: () => weight }));
  const now = { queries: [text], boostTerm: (term: string) => (asked.includes(term) ? 1 : WEAK_WEIGHT) };
  return { combineWith: "OR", queries: [now, ...context] };
}

/** Orders hits by score and by how much of the question they cover, so that one frequent word cannot win alone. */
function rank(wanted: readonly string[], passages: readonly Passage[], hits: readonly SearchResult[]): Ranked[] {
  const known = new Set(hits.flatMap(({ queryTerms }) => queryTerms));
  const whole = wanted.reduce((sum, term) => sum + (known.has(term) ? 1 : UNKNOWN_TERM_WEIGHT), 0);
  const ranked = hits.flatMap((hit): Ranked[] => {
    const passage = passages[hit.id as number];
    const coverage = wanted.reduce((sum, term) => sum + held(term, hit), 0) / Math.max(whole, 1);
    return passage ? [{ passage, coverage, score: hit.score * coverage ** 2 }] : [];
  });
  return ranked.sort((a, b) => b.score - a.score);
}

function held(term: string, { queryTerms, terms: found }: SearchResult): number {
  if (!queryTerms.includes(term)) return 0;
  return found.some((word) => word.startsWith(term)) ? 1 : FUZZY_SHARE;
}

function choose(ranked: readonly Ranked[]): Found | undefined {
  const best = ranked[0];
  if (!best || best.coverage < CLOSE_COVERAGE) return undefined;
  const related = ranked
    .slice(1, 1 + MAX_RELATED)
    .filter(({ score }) => score >= best.score * RELATED_SHARE)
    .map(({ passage }) => passage);
  return { passage: best.passage, confidence: best.coverage >= SURE_COVERAGE ? "sure" : "close", related };
}
