/** The agents' board. */
import { AgentsPanel } from "./agents-panel.js";

export function AgentsView() {
  return <AgentsPanel />;
}
