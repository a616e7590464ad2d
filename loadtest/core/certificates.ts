/** Whether certificates are verified: Node's own variable says so, for every request and connection of the process. */

const variable = "NODE_TLS_REJECT_UNAUTHORIZED";

export function verifiesCertificates(): boolean {
  return process.env[variable] !== "0";
}

/** How the certificates of these addresses are treated: null where none has any. One address without is no matter. */
export function describeCertificates(urls: readonly URL[]): "verified" | "unverified" | null {
  if (urls.every(({ protocol }) => protocol === "http:")) return null;
  return verifiesCertificates() ? "verified" : "unverified";
}

/** What a reader of a report must know. */
export const unverifiedNotice = "The server's certificate was not verified (--insecure).";

/** From now on, in the processes that this one starts, too. */
export function acceptAnyCertificate(): void {
  process.env[variable] = "0";
}
