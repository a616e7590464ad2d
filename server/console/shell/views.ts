/** The console's views: add a line to add one. */
import { computed } from "@preact/signals";
import type { ComponentType } from "preact";
import { AgentsView } from "../agents/agents-view.js";
import { ClusterView } from "../cluster/cluster-view.js";
import { member } from "../cluster/cluster.js";
import { ConnectView } from "../connect/connect-view.js";
import { DiscussionsView } from "../discussions/discussions-view.js";
import { InspectorView } from "../inspector/inspector-view.js";
import { MarketView } from "../market/market-view.js";
import { type Changes, parameter } from "../permalink/address.js";

export interface View {
  /** Its name in the address: `?view=agents`. */
  readonly id: string;
  readonly title: string;
  /** The key that goes there. */
  readonly key: string;
  readonly component: ComponentType;
}

export const views = [
  { id: "market", title: "Market", key: "1", component: MarketView },
  { id: "agents", title: "Agents", key: "2", component: AgentsView },
  { id: "discussions", title: "Discussions", key: "3", component: DiscussionsView },
  { id: "inspector", title: "Inspector", key: "4", component: InspectorView },
  { id: "connect", title: "Connect", key: "5", component: ConnectView },
  { id: "cluster", title: "Cluster", key: "6", component: ClusterView },
] as const satisfies readonly View[];

/** Those that the page leads to: only a member of a cluster has something to show of one. */
export const offeredViews = computed<readonly View[]>(() =>
  views.filter(({ id }) => id !== "cluster" || member.value !== undefined),
);

const asked = parameter("view");

/** The view that is shown; the first one where the address names none that there is. */
export const view = computed<View>(() => views.find(({ id }) => id === asked.value) ?? views[0]);

/** What changes in the address on the way to a view: the first one needs no name. */
export function toView(id: View["id"]): Changes {
  return { view: id === views[0].id ? undefined : id };
}
