import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { sendOnEnter } from "../components/composer.tsx";
import { Icon } from "../components/icon.tsx";
import { IconButton } from "../components/icon-button.tsx";
import { formatBytes } from "../format.ts";
import { app, notify } from "../state/app.ts";
import { useStore } from "../state/store.ts";
import { MAX_PICTURES, picturesIn, readPicture } from "./pictures.ts";
import { changeSetup, clearPlayground, playground } from "./state.ts";
import type { Picture } from "./types.ts";

interface Props {
  readonly running: boolean;
  /** Why nothing can be sent yet, in words. */
  readonly hindrance: string | undefined;
  readonly onRun: () => void;
  readonly onStop: () => void;
}

/** The one prompt for all columns, with its pictures: picked, dropped or pasted. */
export function Prompt({ running, hindrance, onRun, onStop }: Props): JSX.Element {
  const { setup, pictures } = useStore(playground, (state) => state);
  const [dropping, setDropping] = useState(false);
  const [blank, setBlank] = useState(false);
  const isBlank = !setup.prompt.trim() && pictures.length === 0;
  const run = (): void => {
    setBlank(isBlank);
    if (!isBlank && !hindrance && !running) onRun();
  };
  const problem = blank && isBlank ? "Enter a prompt first." : hindrance;
  return (
    <form
      class="card play-prompt"
      data-dropping={dropping || undefined}
      onSubmit={(event) => {
        event.preventDefault();
        if (running) onStop();
        else run();
      }}
      onDragOver={(event) => {
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={(event) => {
        event.preventDefault();
        setDropping(false);
        void addPictures(picturesIn(event.dataTransfer?.files));
      }}
    >
      <div class="entry">
        <label for="play-prompt">Prompt for all models</label>
        <textarea
          id="play-prompt"
          rows={3}
          value={setup.prompt}
          placeholder="Ask all of them the same"
          aria-describedby="play-problem"
          onInput={(event) => changeSetup({ prompt: event.currentTarget.value })}
          onKeyDown={(event) => sendOnEnter(event, run)}
          onPaste={(event) => {
            const pasted = picturesIn(event.clipboardData?.files);
            if (pasted.length === 0) return;
            event.preventDefault();
            void addPictures(pasted);
          }}
        />
      </div>
      {pictures.length > 0 && <Pictures pictures={pictures} />}
      <p class="entry-error" id="play-problem" role="status">
        {problem}
      </p>
      <div class="play-end">
        <PicturePicker />
        <button
          type="button"
          class="button quiet"
          onClick={() => {
            onStop();
            clearPlayground();
          }}
        >
          Start over
        </button>
        <button type="submit" class="button primary">
          <Icon name={running ? "stop" : "send"} />
          {running ? "Stop" : "Run"}
        </button>
      </div>
    </form>
  );
}

function PicturePicker(): JSX.Element {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={picker}
        type="file"
        accept="image/*"
        multiple
        hidden
        aria-label="Pictures"
        onChange={(event) => {
          void addPictures(picturesIn(event.currentTarget.files));
          event.currentTarget.value = "";
        }}
      />
      <button type="button" class="button" onClick={() => picker.current?.click()}>
        <Icon name="image" />
        Add a picture
      </button>
    </>
  );
}

function Pictures({ pictures }: { readonly pictures: readonly Picture[] }): JSX.Element {
  const { models } = useStore(app, (state) => state);
  const chosen = useStore(playground, ({ setup }) => setup.models);
  const blind = chosen.filter((id) => models.find((model) => model.id === id)?.multimodal === false);
  return (
    <>
      <ul class="play-pictures" aria-label="Pictures">
        {pictures.map(({ id, name, url, width, height, sizeBytes }) => (
          <li key={id}>
            <img src={url} alt={name} width={width} height={height} />
            <span class="hint">
              {width} × {height}, {formatBytes(sizeBytes)}
            </span>
            <IconButton
              icon="close"
              label={`Remove ${name}`}
              onClick={() => playground.patch({ pictures: pictures.filter((picture) => picture.id !== id) })}
            />
          </li>
        ))}
      </ul>
      {blind.length > 0 && <p class="hint">Not known to take pictures: {[...new Set(blind)].join(", ")}.</p>}
    </>
  );
}

async function addPictures(files: readonly File[]): Promise<void> {
  const read = await Promise.all(files.map((file) => readPicture(file).catch(() => undefined)));
  const added = read.filter((picture) => picture !== undefined);
  if (added.length < files.length) notify({ text: "This browser cannot read one of these pictures." });
  const all = [...playground.get().pictures, ...added];
  if (all.length > MAX_PICTURES) notify({ text: `A prompt takes ${MAX_PICTURES} pictures here.` });
  playground.patch({ pictures: all.slice(0, MAX_PICTURES) });
}
