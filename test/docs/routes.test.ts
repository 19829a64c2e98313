import { expect, test } from "vitest";
import { MODEL_ENDPOINTS } from "../../mint-server/contract/endpoints.ts";
import { ROUTES } from "../../mint-server/routes.ts";
import { readPage, USER_PAGES } from "./pages.ts";

const TEXT = USER_PAGES.map(readPage).join("\n");

/** A route as a page writes it. */
function shown(path: string): string {
  return path.replace(/:(\w+)(\{\.\+\})?/g, "{$1}");
}

test("the documentation names every route", () => {
  const paths = [...new Set(ROUTES.map(({ path }) => path).filter((path) => !path.startsWith("/google/")))].map(shown);
  expect(paths.length).toBeGreaterThan(25);
  expect(paths.filter((path) => !new RegExp(`${escaped(path)}(?![\\w/{])`).test(TEXT))).toEqual([]);
});

test("the HTTP API's page names every route that calls a model, by its method", () => {
  const page = readPage("docs/http-api.md");
  const wanted = MODEL_ENDPOINTS.map(({ path }) => (path.includes(":") ? path.slice(path.indexOf(":")) : `/${path}`));
  expect(wanted.filter((path) => !page.includes(path))).toEqual([]);
});

test("the documentation names no route that does not exist", () => {
  const named = [...TEXT.matchAll(/`(GET|POST|PUT|DELETE) (?:\/v1\/proxy|\/v1)?(\/[\w./{}:-]*)/g)];
  expect(named.length).toBeGreaterThan(30);
  const routes = ROUTES.map(({ method, path }) => `${method} ${shown(path)}`);
  const unknown = named
    .map(([, method = "", path = ""]) => `${method} ${path}`)
    .filter((name) => !routes.includes(name) && !ELSEWHERE.test(name));
  expect([...new Set(unknown)]).toEqual([]);
});

/** Groups of routes, Gemini's, and what a provider or an app has. */
const ELSEWHERE = /^\w+ (\/admin\/|\/google\/v1|\/session$|\/\{Location\})|\{Location\}/;

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
