import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { signOut } from "../../sw/client.ts";
import { eraseHistory } from "../cache/history.ts";
import { clearPlayground } from "../playground/state.ts";
import { app, notify } from "../state/app.ts";
import { changeSettings, removeEverything } from "../state/conversations.ts";
import { forgetKeys } from "../state/keys.ts";
import { isBuiltIn } from "../state/openai.ts";
import { useStore } from "../state/store.ts";
import { eraseCalls } from "../usage/calls.ts";
import { AskDialog } from "./ask-dialog.tsx";
import { Icon } from "./icon.tsx";

/** System prompt and temperature of the open conversation; and the way to leave nothing behind. */
export function Settings(): JSX.Element {
  const [asking, setAsking] = useState(false);
  return (
    <div class="settings">
      <button
        type="button"
        class="icon-button"
        title="Settings"
        aria-label="Settings"
        popovertarget="settings"
        id="settings-button"
      >
        <Icon name="settings" />
      </button>
      <section id="settings" class="popover" popover="auto" aria-label="Settings">
        <h2>This conversation</h2>
        <BuiltInHint />
        <SystemPrompt />
        <Temperature />
        <hr />
        <p class="hint">
          Conversations are kept in this browser only. Forgetting deletes them, and with them the temporary credential
          and the key it is bound to.
        </p>
        <button
          type="button"
          class="button danger"
          popovertarget="settings"
          popovertargetaction="hide"
          onClick={() => setAsking(true)}
        >
          Forget everything here…
        </button>
      </section>
      {asking && (
        <AskDialog
          title="Forget everything here?"
          action="Forget everything"
          onDo={() => void forget()}
          onClose={() => setAsking(false)}
        >
          All conversations, stored answers and figures of this browser are deleted. They cannot be brought back.
        </AskDialog>
      )}
    </div>
  );
}

function BuiltInHint(): JSX.Element | null {
  const model = useStore(app, (state) => state.current.settings.model);
  if (!isBuiltIn(model)) return null;
  return <p class="hint">{model} is no language model: these change nothing for it.</p>;
}

function SystemPrompt(): JSX.Element {
  const system = useStore(app, (state) => state.current.settings.system);
  return (
    <div class="field">
      <label for="system">System prompt</label>
      <textarea
        id="system"
        rows={3}
        value={system}
        placeholder="Say how the model should answer."
        onInput={(event) => changeSettings({ system: event.currentTarget.value })}
      />
    </div>
  );
}

function Temperature(): JSX.Element {
  const temperature = useStore(app, (state) => state.current.settings.temperature);
  const automatic = temperature === null;
  return (
    <fieldset class="field">
      <legend>Temperature</legend>
      <label class="check" for="automatic">
        <input
          id="automatic"
          type="checkbox"
          checked={automatic}
          onChange={() => changeSettings({ temperature: automatic ? 0 : null })}
        />
        Automatic: each model’s own
      </label>
      <div class="range">
        <input
          type="range"
          aria-label="Temperature"
          min="0"
          max="2"
          step="0.1"
          disabled={automatic}
          value={temperature ?? 1}
          onInput={(event) => changeSettings({ temperature: event.currentTarget.valueAsNumber })}
        />
        <output>{automatic ? "–" : temperature.toFixed(1)}</output>
      </div>
      <p class="hint">Low: the likeliest words. High: more surprises. Some models accept only their own.</p>
    </fieldset>
  );
}

async function forget(): Promise<void> {
  forgetKeys();
  clearPlayground();
  await Promise.all([removeEverything(), eraseHistory().catch(() => undefined), eraseCalls().catch(() => undefined)]);
  await signOut();
  notify({ text: "Forgotten. The next question starts with a new key." });
}
