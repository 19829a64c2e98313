import { render } from "preact";
import { startHistory } from "./cache/history.ts";
import { Shell } from "./components/shell.tsx";
import { watchConnection } from "./state/connection.ts";
import { restoreConversations, saveNow } from "./state/conversations.ts";
import { loadModels } from "./state/openai.ts";
import { watchQueue } from "./state/queue.ts";
import { applyTheme, readTheme } from "./state/theme.ts";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/layout.css";
import "./styles/list.css";
import "./styles/page.css";
import "./styles/entries.css";
import "./styles/settings.css";
import "./styles/notices.css";
import "./styles/chat.css";
import "./styles/answer.css";
import "./styles/composer.css";
import "./styles/empty.css";
import "./styles/markdown.css";
import "./styles/panel.css";
import "./styles/way.css";
import "./styles/facts.css";

applyTheme(readTheme());
addEventListener("pagehide", saveNow);
// A request that reaches the mint-server has what waits sent as well.
watchConnection(() => void loadModels());
startHistory();
const root = document.getElementById("app");
if (root) {
  // Storage that hangs must not keep the page empty.
  await Promise.race([restoreConversations(), new Promise((resolve) => setTimeout(resolve, 300))]);
  render(<Shell />, root);
  await loadModels();
  watchQueue();
}
