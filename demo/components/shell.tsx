import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { PAGES } from "../pages.ts";
import { app, isPanelWanted, ROOM_FOR_PANEL, showPanel } from "../state/app.ts";
import { stop } from "../state/chat.ts";
import { place } from "../state/place.ts";
import { useStore } from "../state/store.ts";
import { Chat } from "./chat.tsx";
import { ConversationList } from "./conversation-list.tsx";
import { Drawer } from "./drawer.tsx";
import { Header } from "./header.tsx";
import { NoticeBar } from "./notice-bar.tsx";
import { OfflineBanner } from "./offline-banner.tsx";
import { PageFrame } from "./page-frame.tsx";
import { Panel } from "./panel.tsx";
import { useMedia } from "./use-media.ts";

const closeList = (): void => app.patch({ listOpen: false });
const closePanel = (): void => showPanel(false);

/** The page: conversations, the open one, and what happened behind it. */
export function Shell(): JSX.Element {
  const { listOpen, panelOpen } = useStore(app, (state) => state);
  const placeId = useStore(place, ({ id }) => id);
  const page = PAGES.find(({ id }) => id === placeId);
  const panelHere = panelOpen && !page;
  const roomForList = useMedia("(min-width: 860px)");
  const roomForPanel = useMedia(ROOM_FOR_PANEL);
  useEscape();
  useFocusInPage(placeId);
  useEffect(() => {
    document.title = page ? `${page.title} · mintgate` : "mintgate";
  }, [page]);
  useEffect(() => {
    // A window made narrower must not throw a sheet over the conversation; one made wider has the panel as it was.
    app.patch({ panelOpen: roomForPanel && isPanelWanted() });
  }, [roomForPanel]);
  return (
    <div class="shell" data-panel={panelHere && roomForPanel ? "open" : undefined}>
      <button type="button" class="skip" onClick={() => document.querySelector("main")?.focus()}>
        Skip to the page
      </button>
      {roomForList && (
        <nav class="side" aria-label="Pages and conversations">
          <ConversationList />
        </nav>
      )}
      <div class="main">
        {page ? <PageFrame page={page} roomForList={roomForList} /> : <ChatPlace roomForList={roomForList} />}
        <NoticeBar />
      </div>
      {panelHere && roomForPanel && (
        <aside class="panel" aria-label="What just happened">
          <Panel onClose={closePanel} />
        </aside>
      )}
      {listOpen && !roomForList && (
        <Drawer label="Pages and conversations" class="drawer-list" onClose={closeList}>
          <ConversationList onClose={closeList} />
        </Drawer>
      )}
      {panelHere && !roomForPanel && (
        <Drawer label="What just happened" class="drawer-panel" onClose={closePanel}>
          <Panel onClose={closePanel} />
        </Drawer>
      )}
    </div>
  );
}

function ChatPlace({ roomForList }: { readonly roomForList: boolean }): JSX.Element {
  return (
    <>
      <Header roomForList={roomForList} />
      <OfflineBanner />
      <Chat />
    </>
  );
}

/** Where a page came in place of what had the focus, such as the sheet that led to it, the page takes it. */
function useFocusInPage(placeId: string): void {
  const before = useRef(placeId);
  useEffect(() => {
    if (before.current !== placeId && document.activeElement === document.body) document.querySelector("main")?.focus();
    before.current = placeId;
  }, [placeId]);
}

/** Escape stops the answer, unless it has something on top to close first. */
function useEscape(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      if (!document.querySelector("dialog[open], :popover-open")) stop();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
