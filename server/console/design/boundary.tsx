/** Keeps a part that cannot be drawn from taking the rest of the page along, and shows that it failed. */
import { Component, type ComponentChildren } from "preact";
import { explain } from "../feed/rest.js";
import { Button } from "./button.js";
import { ErrorState } from "./notice.js";

export interface BoundaryProps {
  readonly children: ComponentChildren;
}

interface State {
  readonly error: unknown;
}

export class Boundary extends Component<BoundaryProps, State> {
  static override getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override componentDidCatch(error: unknown): void {
    reportError(error);
  }

  override render({ children }: BoundaryProps, { error }: State): ComponentChildren {
    if (error === undefined) return children;
    return (
      <ErrorState title="This part of the page has failed">
        <p>{explain(error)}</p>
        <Button onClick={() => this.setState({ error: undefined })}>Show it again</Button>
      </ErrorState>
    );
  }
}
