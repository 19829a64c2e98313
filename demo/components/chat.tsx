import type { JSX } from "preact";
import { app } from "../state/app.ts";
import { isAnswering } from "../state/chat.ts";
import { useStore } from "../state/store.ts";
import type { Turn } from "../state/types.ts";
import { Announcer } from "./announcer.tsx";
import { Composer } from "./composer.tsx";
import { EmptyState } from "./empty-state.tsx";
import { IconButton } from "./icon-button.tsx";
import { TurnView } from "./turn.tsx";
import { useStickToEnd } from "./use-stick-to-end.ts";

export function Chat(): JSX.Element {
  const current = useStore(app, (state) => state.current);
  const answering = isAnswering(current);
  const last = current.turns.at(-1);
  const { scroller, content, atEnd, goToEnd } = useStickToEnd(`${current.id} ${last?.id}`);
  return (
    <main class="chat" tabIndex={-1}>
      {last && <h1 class="visually-hidden">{current.title}</h1>}
      <div class="scroller" ref={scroller}>
        <div class="content" ref={content}>
          {last ? <Turns turns={current.turns} answering={answering} /> : <EmptyState />}
        </div>
      </div>
      {!atEnd && <IconButton icon="down" label="Go to the latest" class="to-end" onClick={goToEnd} />}
      <Composer key={current.id} answering={answering} />
      <Announcer key={`announce-${current.id}`} turn={last} />
    </main>
  );
}

function Turns({ turns, answering }: { readonly turns: readonly Turn[]; readonly answering: boolean }): JSX.Element {
  return (
    <ol class="turns">
      {turns.map((turn) => (
        <TurnView key={turn.id} turn={turn} last={turn === turns.at(-1)} answering={answering} />
      ))}
    </ol>
  );
}
