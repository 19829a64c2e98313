import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { AreaField, type Option, SelectField } from "../components/fields.tsx";
import { useStore } from "../state/store.ts";
import { Parameters } from "./parameters.tsx";
import type { SetupProblems } from "./request.ts";
import { changeSetup, entered, playground } from "./state.ts";
import { EXAMPLE_SCHEMA, EXAMPLE_TOOLS } from "./tools.ts";
import type { Setup } from "./types.ts";

const FORMATS: readonly Option[] = [
  ["text", "text"],
  ["json_object", "any JSON"],
  ["json_schema", "JSON that fits a schema"],
];

interface Props {
  readonly problems: SetupProblems;
}

/** What goes with the prompt: how to answer, in what shape, and with which tools. */
export function Options({ problems }: Props): JSX.Element {
  const isWrong = (names: readonly (keyof Setup)[]): boolean => names.some((name) => problems[name]);
  return (
    <div class="play-options">
      <Group title="Parameters" open={isWrong(["temperature", "topP", "maxTokens", "seed", "stop"])}>
        <Parameters problems={problems} />
      </Group>
      <Group title="Structured output" open={isWrong(["schema"])}>
        <Format problems={problems} />
      </Group>
      <Group title="Tools" open={isWrong(["tools"])}>
        <Tools problems={problems} />
      </Group>
    </div>
  );
}

interface GroupProps {
  readonly title: string;
  /** What is wrong must be in sight. */
  readonly open: boolean;
  readonly children: JSX.Element;
}

function Group({ title, open, children }: GroupProps): JSX.Element {
  const ref = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    // Only ever opened: it must not close under the hands of whoever mends it.
    if (open && ref.current) ref.current.open = true;
  }, [open]);
  return (
    <details class="card fold" ref={ref}>
      <summary>
        <h2>{title}</h2>
      </summary>
      {children}
    </details>
  );
}

function Format({ problems }: Props): JSX.Element {
  const { format, schema } = useStore(playground, ({ setup }) => setup);
  return (
    <>
      <SelectField
        label="Answers are"
        value={format}
        options={FORMATS}
        onInput={(value) => changeSetup({ format: value as Setup["format"], schema: schema || EXAMPLE_SCHEMA })}
      />
      {format === "json_object" && (
        <p class="hint">Say in the prompt that you want JSON: some providers refuse the request otherwise.</p>
      )}
      {format === "json_schema" && (
        <AreaField
          label="JSON Schema"
          mono
          rows={10}
          value={schema}
          error={problems.schema}
          hint="Some providers want all properties required, and additionalProperties false."
          onInput={entered("schema")}
        />
      )}
    </>
  );
}

function Tools({ problems }: Props): JSX.Element {
  const { tools } = useStore(playground, ({ setup }) => setup);
  const place = useRef<HTMLDivElement>(null);
  return (
    <div class="play-tools" ref={place}>
      <AreaField
        label="Tools, as JSON"
        mono
        rows={tools ? 10 : 3}
        value={tools}
        error={problems.tools}
        hint="A list of functions. What a model calls is shown in its column, and you give the result."
        onInput={entered("tools")}
      />
      {!tools && (
        <button
          type="button"
          class="button"
          onClick={() => {
            place.current?.querySelector("textarea")?.focus();
            changeSetup({ tools: EXAMPLE_TOOLS });
          }}
        >
          Put in an example
        </button>
      )}
    </div>
  );
}
