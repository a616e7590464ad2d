/** The discussion rooms. */
import { DiscussionsPanel } from "./discussions-panel.js";

export function DiscussionsView() {
  return <DiscussionsPanel />;
}
