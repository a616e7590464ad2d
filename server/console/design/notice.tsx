/** What stands where content would: nothing yet, or something went wrong and what to do about it. */
import type { ComponentChildren } from "preact";

export interface NoticeProps {
  /** What happened, in a few words. */
  readonly title: string;
  /** What to do about it. */
  readonly children?: ComponentChildren;
}

export function EmptyState({ title, children }: NoticeProps) {
  return (
    <div class="notice">
      <p class="notice-title">{title}</p>
      {children !== undefined && <div class="notice-text">{children}</div>}
    </div>
  );
}

/** Read out at once. */
export function ErrorState({ title, children }: NoticeProps) {
  return (
    <div class="notice bad" role="alert">
      <p class="notice-title">{title}</p>
      {children !== undefined && <div class="notice-text">{children}</div>}
    </div>
  );
}
