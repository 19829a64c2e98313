import type { JSX } from "preact";
import { app, dismissNotice } from "../state/app.ts";
import { useStore } from "../state/store.ts";
import { IconButton } from "./icon-button.tsx";

/** One passing message; the region is always there, so that screen readers hear it change. */
export function NoticeBar(): JSX.Element {
  const notice = useStore(app, (state) => state.notice);
  const undo = (): void => {
    notice?.undo?.();
    dismissNotice();
  };
  return (
    <div class="notice-place" role="status">
      {notice && (
        <div class="notice">
          <span>{notice.text}</span>
          {notice.undo && (
            <button type="button" class="link" onClick={undo}>
              Undo
            </button>
          )}
          <IconButton icon="close" label="Dismiss" onClick={dismissNotice} />
        </div>
      )}
    </div>
  );
}
