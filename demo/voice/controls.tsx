import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Icon } from "../components/icon.tsx";
import { useFocus } from "../components/use-focus.ts";
import { useStore } from "../state/store.ts";
import { endCall, hold, release, toggleMute } from "./call.ts";
import { ModeChoice } from "./mode-choice.tsx";
import { voice } from "./state.ts";
import { TimeLeft } from "./time-left.tsx";
import { WriteInstead } from "./write-instead.tsx";

/** What can be done in a conversation. */
export function Controls(): JSX.Element {
  const { phase, mode, muted, withMicrophone, model } = useStore(voice, (state) => state);
  const isLive = phase === "live";
  // All of it, and none of its buttons: the space bar is to be heard.
  const place = useFocus<HTMLElement>();
  return (
    <section ref={place} tabIndex={-1} class="card voice-controls" aria-label="Conversation">
      <div class="voice-top">
        <p class="voice-with">
          With <strong>{model}</strong>
        </p>
        {isLive && <TimeLeft />}
      </div>
      <div class="voice-buttons">
        {isLive && withMicrophone && mode === "push-to-talk" && <TalkButton />}
        {isLive && withMicrophone && mode === "hands-free" && (
          <button type="button" class="button" aria-pressed={muted} onClick={toggleMute}>
            {muted ? "Unmute" : "Mute"}
          </button>
        )}
        <button type="button" class="button danger" onClick={endCall}>
          <Icon name="close" />
          {isLive ? "End" : "Cancel"}
        </button>
      </div>
      {isLive && withMicrophone && <ModeChoice />}
      {isLive && <WriteInstead />}
    </section>
  );
}

/** Held while one talks: by pointer, by the space bar anywhere on the page; a screen reader's click starts and ends. */
function TalkButton(): JSX.Element {
  const held = useStore(voice, (state) => state.held);
  useSpaceBar();
  return (
    <button
      type="button"
      class="button primary voice-talk"
      aria-pressed={held}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        hold();
      }}
      onPointerUp={release}
      onPointerCancel={release}
      onContextMenu={(event) => event.preventDefault()}
      // Without a pointer, and not by the space bar, whose click does not come.
      onClick={(event) => event.detail === 0 && (held ? release() : hold())}
    >
      <Icon name="voice" />
      {held ? "Listening… let go to send" : "Hold to talk"}
    </button>
  );
}

/** Where the space bar has a meaning of its own. */
const OWN_SPACE = "input, textarea, select, a, summary, button:not(.voice-talk)";

function useSpaceBar(): void {
  useEffect(() => {
    const leaving = new AbortController();
    const { signal } = leaving;
    const on = (event: KeyboardEvent, act: () => void): void => {
      if (event.key !== " ") return;
      if (event.target instanceof Element && event.target.matches(OWN_SPACE)) return;
      // Else the page would scroll, and a button be clicked.
      event.preventDefault();
      if (!event.repeat) act();
    };
    addEventListener("keydown", (event) => on(event, hold), { signal });
    addEventListener("keyup", (event) => on(event, release), { signal });
    // A key that is let go elsewhere is not heard of.
    addEventListener("blur", release, { signal });
    return () => {
      leaving.abort();
      release();
    };
  }, []);
}
