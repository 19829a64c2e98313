import type { JSX } from "preact";
import { app } from "../state/app.ts";
import { isBuiltIn } from "../state/openai.ts";
import { useStore } from "../state/store.ts";
import type { Receipt, Turn } from "../state/types.ts";
import { planWay, tellStory, tellWay } from "../story.ts";
import { CredentialView } from "./credential.tsx";
import { Facts } from "./facts.tsx";
import { IconButton } from "./icon-button.tsx";
import { Timeline } from "./timeline.tsx";
import { WayView } from "./way.tsx";

/** The receipt of one request: the last one, or the one whose chip was pressed. */
export function Panel({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const turns = useStore(app, (state) => state.current.turns);
  const selected = useStore(app, (state) => state.selectedTurn);
  const model = useStore(app, (state) => state.current.settings.model);
  const turn = turns.find((entry) => entry.id === selected) ?? turns.at(-1);
  const receipt = turn?.answer.receipt;
  return (
    <div class="receipt">
      <div class="receipt-head">
        <h2>What just happened</h2>
        <IconButton icon="close" label="Close" onClick={onClose} />
      </div>
      {turn && receipt ? <Content turn={turn} receipt={receipt} /> : <Nothing model={model} />}
    </div>
  );
}

function Content({ turn, receipt }: { readonly turn: Turn; readonly receipt: Receipt }): JSX.Element {
  return (
    <>
      <p class="receipt-question">“{turn.question}”</p>
      <p class="receipt-story">{tellStory(receipt, turn.answer)}</p>
      <WayView way={tellWay(receipt, turn.answer)} />
      <Timeline receipt={receipt} />
      <Facts receipt={receipt} builtIn={turn.answer.builtIn} />
      <CredentialView receipt={receipt} />
    </>
  );
}

/** What the page knows before there is anything to tell: the way that a question will take. */
function Nothing({ model }: { readonly model: string }): JSX.Element {
  return (
    <>
      <p class="receipt-story">
        Each question takes this way. Here you will see where it was answered, how long each part took, and what the
        temporary credential allowed.
      </p>
      <WayView way={planWay({ model, builtIn: isBuiltIn(model) })} />
    </>
  );
}
