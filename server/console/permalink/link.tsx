/** A link within the console: a step in the page's address, without loading the page again. */
import type { AnchorHTMLAttributes, ComponentChildren } from "preact";
import { type Changes, addressWith, go, parameters } from "./address.js";

export interface LinkProps extends Omit<AnchorHTMLAttributes, "href" | "onClick" | "role"> {
  /** What changes in the address. */
  readonly to: Changes;
  readonly children: ComponentChildren;
}

/** @example <Link to={{ view: undefined, sector: "tech-001" }}>Technology</Link> */
export function Link({ to, children, ...rest }: LinkProps) {
  // Read, so that the address behind the link follows the page's own.
  void parameters.value;
  return (
    <a
      {...rest}
      href={addressWith(to)}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}
