import type { JSX } from "preact";
import { useStore } from "../state/store.ts";
import { applyMode } from "./call.ts";
import { chooseMode, type TalkMode, voice } from "./state.ts";

const MODES: readonly { readonly id: TalkMode; readonly name: string; readonly hint: string }[] = [
  { id: "hands-free", name: "Hands-free", hint: "a pause ends your turn" },
  { id: "push-to-talk", name: "Push to talk", hint: "you hold a button, or the space bar" },
];

/** Who ends a turn. */
export function ModeChoice(): JSX.Element {
  const mode = useStore(voice, (state) => state.mode);
  return (
    <fieldset class="voice-modes">
      <legend>How you take turns</legend>
      {MODES.map(({ id, name, hint }) => (
        <label key={id} class="voice-mode">
          <input
            type="radio"
            name="voice-mode"
            checked={mode === id}
            onChange={() => {
              chooseMode(id);
              applyMode();
            }}
          />
          <span>
            {name} <span class="voice-mode-hint">{hint}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
