/** An agent's status, told by word, shape and colour. */
import type { ComponentChildren } from "preact";
import type { Tone } from "../design/badge.js";
import "./agents.css";

interface Appearance {
  readonly tone: Tone;
  /** Draws it in a square of 16 units. Made anew each time: an element that is kept keeps the page it was last in. */
  readonly shape: () => ComponentChildren;
}

const ring = () => <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.75" />;

const appearances: Readonly<Record<string, Appearance>> = {
  active: {
    tone: "good",
    shape: () => <path fill="currentColor" d="M8 1.1a6.9 6.9 0 1 0 0 13.8A6.9 6.9 0 0 0 8 1.1Zm-1.7 4 5 2.9-5 2.9Z" />,
  },
  processing: {
    tone: "busy",
    shape: () => (
      <>
        {ring()}
        <path fill="currentColor" d="M8 2a6 6 0 0 1 0 12Z" />
      </>
    ),
  },
  idle: {
    tone: "quiet",
    shape: () => (
      <>
        {ring()}
        <path stroke="currentColor" stroke-width="1.75" d="M6.5 5.5v5m3-5v5" />
      </>
    ),
  },
  error: {
    tone: "bad",
    shape: () => <path fill="currentColor" d="M8 .9 15.6 14.5H.4Zm-.9 4.6.2 4.4h1.4l.2-4.4Zm0 5.5v1.7h1.8V11Z" />,
  },
};

const other: Appearance = {
  tone: "quiet",
  shape: () => <path fill="none" stroke="currentColor" stroke-width="1.75" d="M8 1.5 14.5 8 8 14.5 1.5 8Z" />,
};

/** Statuses are an open set, "constructor" among them. */
function appearanceOf(status: string): Appearance {
  return (Object.hasOwn(appearances, status) ? appearances[status] : undefined) ?? other;
}

export function toneOf(status: string): Tone {
  return appearanceOf(status).tone;
}

export function AgentStatus({ status }: { readonly status: string }) {
  const { tone, shape } = appearanceOf(status);
  return (
    <span class={`agent-status ${tone}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {shape()}
      </svg>
      <span class="agent-status-word">{status}</span>
    </span>
  );
}
