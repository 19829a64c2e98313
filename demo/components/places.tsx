import type { JSX } from "preact";
import { PAGES } from "../pages.ts";
import { place } from "../state/place.ts";
import { useStore } from "../state/store.ts";
import { Icon, type IconName } from "./icon.tsx";

/** The list of pages; none where there is only the chat. */
export function Places({ onGo }: { readonly onGo?: (() => void) | undefined }): JSX.Element | null {
  const current = useStore(place, ({ id }) => id);
  if (PAGES.length === 0) return null;
  const inChat = !PAGES.some(({ id }) => id === current);
  return (
    <ul class="places" aria-label="Pages">
      <PlaceRow id="" title="Chat" icon="chat" current={inChat} onGo={onGo} />
      {PAGES.map(({ id, title, icon }) => (
        <PlaceRow key={id} id={id} title={title} icon={icon} current={id === current} onGo={onGo} />
      ))}
    </ul>
  );
}

interface RowProps {
  readonly id: string;
  readonly title: string;
  readonly icon: IconName;
  readonly current: boolean;
  readonly onGo: (() => void) | undefined;
}

function PlaceRow({ id, title, icon, current, onGo }: RowProps): JSX.Element {
  return (
    <li>
      <a class="place" href={`#/${id}`} aria-current={current ? "page" : undefined} onClick={onGo}>
        <Icon name={icon} />
        {title}
      </a>
    </li>
  );
}
