/** The store cannot do it now: full disk, lost connection. Nothing of the request was kept; trying again may help. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /** How long the caller should wait before it tries again. */
  readonly retryAfterSeconds: number;

  constructor(message: string, options?: ErrorOptions & { readonly retryAfterSeconds?: number }) {
    super(message, options);
    this.retryAfterSeconds = options?.retryAfterSeconds ?? 2;
  }
}
