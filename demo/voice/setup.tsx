import type { JSX } from "preact";
import { Icon } from "../components/icon.tsx";
import { useFocus } from "../components/use-focus.ts";
import { useStore } from "../state/store.ts";
import { startCall } from "./call.ts";
import { ModeChoice } from "./mode-choice.tsx";
import { chooseModel, ECHO, type VoiceModel, voice } from "./state.ts";

interface Props {
  /** It comes in place of a conversation, and of the button that ended it. */
  readonly ended: boolean;
}

/** What is settled before a conversation: with which voice, and who ends a turn. */
export function Setup({ ended }: Props): JSX.Element {
  const { models, model } = useStore(voice, (state) => state);
  const button = useFocus<HTMLButtonElement>(ended);
  return (
    <section class="card voice-setup" aria-label="Before you start">
      <div class="voice-field">
        <label for="voice-model">Voice</label>
        <select id="voice-model" value={model} onChange={(event) => chooseModel(event.currentTarget.value)}>
          {!models?.some(({ id }) => id === model) && (
            <option value={model}>{nameOf({ id: model, provider: "" })}</option>
          )}
          {models?.map((each) => (
            <option key={each.id} value={each.id}>
              {nameOf(each)}
            </option>
          ))}
        </select>
      </div>
      {models?.every(({ id }) => id === ECHO) && (
        <p class="hint">
          No provider with realtime voices is configured on this server. With OPENAI_API_KEY or GEMINI_API_KEY set,
          their voices are listed here.
        </p>
      )}
      <ModeChoice />
      <div class="voice-start">
        <button ref={button} type="button" class="button primary" onClick={() => startCall(true)}>
          <Icon name="voice" />
          Start talking
        </button>
        <p class="hint">Your microphone is used from then on until you press End. Your browser asks you first.</p>
      </div>
    </section>
  );
}

function nameOf({ id, provider }: VoiceModel): string {
  if (id === ECHO) return "echo · plays back what you say, no model";
  return provider ? `${id} · ${provider}` : id;
}
