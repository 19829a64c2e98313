import axe from "axe-core";
import type { Page } from "playwright-core";

/** What axe finds wrong with a page as it is now; put into it where it is not there yet. */
export async function findFaults(page: Page, { onlyColours = false } = {}): Promise<readonly string[]> {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
  return page.evaluate(async (rules) => {
    const { axe } = globalThis as unknown as { readonly axe: typeof import("axe-core") };
    const { violations } = await axe.run({ iframes: false, ...(rules && { runOnly: rules }) });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  }, onlyColours && COLOUR_RULES);
}

const WIDTHS = [1280, 360];
const THEMES = ["light", "dark"];
/** All that a theme can break. */
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

/**
 * The same for both themes and for a wide and a narrow window; and whatever is wider than the window. It leaves the page
 * wide.
 */
export async function findFaultsEverywhere(page: Page): Promise<readonly string[]> {
  const found: string[] = [];
  for (const width of WIDTHS.toReversed()) {
    await page.setViewportSize({ width, height: 800 });
    for (const theme of THEMES) {
      await page.evaluate((name) => {
        document.documentElement.dataset.theme = name;
      }, theme);
      const faults = await findFaults(page, { onlyColours: theme === "dark" });
      found.push(...faults.map((fault) => `${theme}, ${width} wide: ${fault}`));
    }
    if (await page.evaluate(overflows)) found.push(`${width} wide: something is wider than the window`);
  }
  return found;
}

function overflows(): boolean {
  const wider = [document.documentElement, document.querySelector("main")];
  return wider.some((element) => element !== null && element.scrollWidth > element.clientWidth);
}
