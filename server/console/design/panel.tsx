/** A titled region: every part of a view is one. */
import type { ComponentChildren } from "preact";
import { Boundary } from "./boundary.js";

export interface PanelProps {
  /** Unique on the page; its heading is `${id}-title`. */
  readonly id: string;
  readonly title: ComponentChildren;
  /** Buttons and switches at the heading's right. */
  readonly actions?: ComponentChildren;
  /** Lets the content reach the panel's edges. @default false */
  readonly flush?: boolean;
  /** Its content can be longer than the panel and has nothing to focus: it is scrolled by keyboard. @default false */
  readonly scrolls?: boolean;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** @example <Panel id="agents" title="Agents" actions={<Filter />}>…</Panel> */
export function Panel({ id, title, actions, flush = false, scrolls = false, class: extra = "", children }: PanelProps) {
  return (
    <section id={id} class={`panel ${extra}`} aria-labelledby={`${id}-title`}>
      <header class="panel-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {actions !== undefined && <div class="panel-actions">{actions}</div>}
      </header>
      <div class={flush ? "panel-body flush" : "panel-body"} tabIndex={scrolls ? 0 : undefined}>
        <Boundary>{children}</Boundary>
      </div>
    </section>
  );
}
