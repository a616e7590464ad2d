/** What the console benchmark's server says. Its speed is its argument. */
export interface ConsoleServerReport {
  readonly started: { readonly url: string; readonly token: string };
}
