import type { JSX } from "preact";
import { app } from "../state/app.ts";
import { openConversation, removeConversation, startConversation } from "../state/conversations.ts";
import { goTo } from "../state/place.ts";
import { useStore } from "../state/store.ts";
import type { Conversation } from "../state/types.ts";
import { Icon, Sign } from "./icon.tsx";
import { IconButton } from "./icon-button.tsx";
import { Places } from "./places.tsx";

interface Props {
  /** Present where the list is a sheet. */
  readonly onClose?: () => void;
}

/** Whatever opens a conversation leads to the chat. */
const inChat = (open: () => void) => (): void => {
  goTo("");
  open();
};

export function ConversationList({ onClose }: Props): JSX.Element {
  const conversations = useStore(app, (state) => state.conversations);
  const currentId = useStore(app, (state) => state.current.id);
  return (
    <div class="list">
      <div class="list-head">
        <span class="brand">
          <Sign />
          mintgate
        </span>
        {onClose && <IconButton icon="close" label="Close" onClick={onClose} />}
      </div>
      <Places onGo={onClose} />
      <button type="button" class="button new" onClick={inChat(startConversation)}>
        <Icon name="plus" />
        New conversation
      </button>
      {conversations.length === 0 && (
        <p class="hint">Your conversations will be listed here. They stay in this browser.</p>
      )}
      <ul>
        {conversations.map((conversation) => (
          <Row key={conversation.id} conversation={conversation} current={conversation.id === currentId} />
        ))}
      </ul>
    </div>
  );
}

/** Moves the focus from a row that goes to the one that comes in its place, or to the button above. */
function leaveRow(row: Element | null): void {
  const neighbour = row?.nextElementSibling ?? row?.previousElementSibling;
  (neighbour?.querySelector("button") ?? document.querySelector<HTMLElement>(".list .new"))?.focus();
}

function Row({
  conversation,
  current,
}: {
  readonly conversation: Conversation;
  readonly current: boolean;
}): JSX.Element {
  return (
    <li class="row" data-current={current || undefined}>
      <button
        type="button"
        class="row-open"
        aria-current={current ? "page" : undefined}
        title={conversation.title}
        onClick={inChat(() => openConversation(conversation.id))}
      >
        {conversation.title}
      </button>
      <IconButton
        icon="trash"
        class="row-delete"
        label={`Delete “${conversation.title}”`}
        onClick={({ currentTarget }) => {
          leaveRow(currentTarget.closest("li"));
          removeConversation(conversation.id);
        }}
      />
    </li>
  );
}
