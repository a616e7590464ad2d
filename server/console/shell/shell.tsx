/** The page's frame: header with the views and the state of the feed, the view, and the simulation bar. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { followCluster } from "../cluster/cluster.js";
import { Boundary } from "../design/boundary.js";
import { Button } from "../design/button.js";
import { go } from "../permalink/address.js";
import { LinkNotice } from "../permalink/link-notice.js";
import { LinkSheet, openLinkSheet } from "../permalink/link-sheet.js";
import { Link } from "../permalink/link.js";
import { SimulationBar } from "../simulation/simulation-bar.js";
import { FailureNotice } from "./failure-notice.js";
import { FeedStatus } from "./feed-status.js";
import { FreshnessBanner } from "./freshness-banner.js";
import { listenForShortcuts, useShortcuts } from "./shortcuts.js";
import { ShortcutSheet, isSheetOpen } from "./shortcut-sheet.js";
import { switchTheme, theme } from "./theme.js";
import { offeredViews, toView, view } from "./views.js";

function Navigation() {
  return (
    <nav aria-label="Views">
      {offeredViews.value.map(({ id, title }) => (
        <Link key={id} to={toView(id)} aria-current={view.value.id === id ? "page" : undefined}>
          {title}
        </Link>
      ))}
    </nav>
  );
}

/** Drawn anew, and so registered anew, when another view is offered. */
function ViewKeys() {
  useShortcuts(
    offeredViews.value.map(({ id, title, key }) => ({ key, does: title, group: "Go to", run: () => go(toView(id)) })),
  );
  return null;
}

function Tools() {
  const other = theme.value === "dark" ? "light" : "dark";
  return (
    <div class="tools">
      <Button kind="plain" title="Link to this view of this market (l)" onClick={openLinkSheet}>
        Link
      </Button>
      <Button
        kind="icon"
        title={`Switch to ${other} colours (t)`}
        aria-label={`Switch to ${other} colours`}
        onClick={switchTheme}
      >
        {theme.value === "dark" ? "☾" : "☀"}
      </Button>
      <Button
        kind="icon"
        title="Keyboard shortcuts (?)"
        aria-label="Keyboard shortcuts"
        onClick={() => (isSheetOpen.value = true)}
      >
        ?
      </Button>
    </div>
  );
}

/** The view names the page; where it took the focused element away, the next Tab goes on inside of it. */
function useViewAsPage(): void {
  const isFirst = useRef(true);
  const { title } = view.value;
  // Before anything else can take the focus: a Tab that follows at once must not start from the top.
  useLayoutEffect(() => {
    document.title = `${title} · MAX console`;
    if (!isFirst.current && document.activeElement === document.body) document.getElementById("view")?.focus();
    isFirst.current = false;
  }, [title]);
}

export function Shell() {
  useEffect(listenForShortcuts, []);
  useEffect(followCluster, []);
  useViewAsPage();
  useShortcuts([
    { key: "l", does: "Link to this view of this market", group: "Page", run: openLinkSheet },
    { key: "t", does: "Light or dark colours", group: "Page", run: switchTheme },
    { key: "?", does: "This sheet", group: "Page", run: () => (isSheetOpen.value = true) },
  ]);
  const Current = view.value.component;
  return (
    <>
      <a class="skip" href="#view">
        Skip to the view
      </a>
      <header class="top">
        <h1>
          <b>MAX</b> console
        </h1>
        <Navigation />
        <ViewKeys key={offeredViews.value.length} />
        <Boundary>
          <FeedStatus />
        </Boundary>
        <Tools />
      </header>
      <div class="notices">
        <FailureNotice />
        <Boundary>
          <FreshnessBanner />
          <LinkNotice />
        </Boundary>
      </div>
      <main id="view" class={`view ${view.value.id}`} aria-label={view.value.title} tabIndex={-1}>
        <Boundary key={view.value.id}>
          <Current />
        </Boundary>
      </main>
      <Boundary>
        <SimulationBar />
      </Boundary>
      <ShortcutSheet />
      <LinkSheet />
    </>
  );
}
