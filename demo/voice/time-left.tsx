import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatUsd } from "../format.ts";
import { useStore } from "../state/store.ts";
import { voice } from "./state.ts";

/** Below this, the time that is left is said in a warning colour. */
const SOON_SECONDS = 60;

/** How long the conversation has lasted, and what is left of time and money. */
export function TimeLeft(): JSX.Element {
  const { startedAt, budget, budgetAt } = useStore(voice, (state) => state);
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const left = budget?.secondsLeft === undefined ? undefined : budget.secondsLeft - (now - budgetAt) / 1000;
  return (
    <p class="voice-time numbers">
      <span>{clock((now - startedAt) / 1000)}</span>
      {left !== undefined && <span class={left < SOON_SECONDS ? "voice-soon" : undefined}> · {clock(left)} left</span>}
      {budget?.usdLeft !== undefined && <span> · {formatUsd(budget.usdLeft)} left</span>}
    </p>
  );
}

function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
