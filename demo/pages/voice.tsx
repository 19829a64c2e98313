import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { OfflineBanner } from "../components/offline-banner.tsx";
import { app } from "../state/app.ts";
import { useStore } from "../state/store.ts";
import "../styles/voice.css";
import { endCall } from "../voice/call.ts";
import { Controls } from "../voice/controls.tsx";
import { Levels } from "../voice/levels.tsx";
import { loadVoices } from "../voice/models.ts";
import { Setup } from "../voice/setup.tsx";
import { ECHO, voice } from "../voice/state.ts";
import { StatusLine } from "../voice/status-line.tsx";
import { nameOf, Transcript } from "../voice/transcript.tsx";
import { VoiceProblemView } from "../voice/voice-problem.tsx";

/** A conversation by voice. */
export function VoicePage(): JSX.Element {
  const { phase, model, problem, entries, withMicrophone } = useStore(voice, (state) => state);
  const offline = useStore(app, (state) => state.offline);
  useEffect(() => {
    if (!offline) void loadVoices();
  }, [offline]);
  // Nobody should be listened to by a page that they have left.
  useEffect(() => endCall, []);
  const isLive = phase === "live";
  const begun = useRef(false);
  begun.current ||= phase !== "idle";
  return (
    <>
      <OfflineBanner />
      <div class="voice">
        {model === ECHO && <EchoSign />}
        {problem && <VoiceProblemView problem={problem} />}
        {phase === "idle" ? <Setup ended={begun.current} /> : <Controls />}
        {isLive && withMicrophone && <Levels live={isLive} name={nameOf(model)} />}
        <StatusLine />
        {(isLive || entries.length > 0) && <Transcript />}
      </div>
    </>
  );
}

function EchoSign(): JSX.Element {
  return (
    <p class="voice-echo">
      <strong>This is an echo, not a model.</strong> It listens as a voice model does, and when you pause it plays back
      what you said. Nothing leaves this server, and it costs nothing.
    </p>
  );
}
