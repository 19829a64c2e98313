import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { PageRow } from "../pages.ts";
import { app } from "../state/app.ts";
import { IconButton } from "./icon-button.tsx";
import { ThemeToggle } from "./theme-toggle.tsx";

interface Props {
  readonly page: PageRow;
  readonly roomForList: boolean;
}

type Loaded = { readonly page: PageRow; readonly Content: ComponentType | undefined };

/** A page beside the chat, with its heading. */
export function PageFrame({ page, roomForList }: Props): JSX.Element {
  const [loaded, setLoaded] = useState<Loaded>();
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let left = false;
    const show = (Content: ComponentType | undefined): void => {
      if (!left) setLoaded({ page, Content });
    };
    page.load().then(show, () => show(undefined));
    return () => {
      left = true;
    };
  }, [page, tries]);
  const here = loaded?.page === page ? loaded : undefined;
  return (
    <>
      <header class="header">
        {!roomForList && <IconButton icon="menu" label="Pages" onClick={() => app.patch({ listOpen: true })} />}
        <h1 class="page-title">{page.title}</h1>
        <div class="header-end">
          <ThemeToggle />
        </div>
      </header>
      <main class="page" key={page.id} tabIndex={-1} aria-busy={!here}>
        {!here && <p class="hint">Loading…</p>}
        {here && !here.Content && <Missing onRetry={() => setTries(tries + 1)} />}
        {here?.Content && <here.Content />}
      </main>
    </>
  );
}

function Missing({ onRetry }: { readonly onRetry: () => void }): JSX.Element {
  return (
    <div class="page-missing">
      <p>This page could not be loaded. It needs the server the first time it is opened.</p>
      <button type="button" class="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}
