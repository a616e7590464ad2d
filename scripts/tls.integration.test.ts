/** `max loadtest` over TLS: the certificate is checked, by every kind of subscriber and by requests. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Plan, Summary } from "../schemas/index.js";
import { expectNoFaults, verdictOnServer } from "../loadtest/loadtest.fixture.js";
import { startMax } from "../server/main.js";
import { exitCodes } from "./cli-error.js";
import { runMaxCommand } from "./cli.fixture.js";
import { isSkippedWithout } from "../schemas/requirement.fixture.js";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

const plan: Plan = {
  name: "secure",
  description: "Each kind of subscriber over TLS.",
  clients: 6,
  stages: [{ kind: "hold", durationMs: 2500 }],
  control: { websocket: 1, polling: 1 },
  rest: { perSecond: 20, routes: [{ path: "/health" }] },
};

/** A certificate that vouches for itself, and its key. */
function makeCertificate(folder: string): { readonly certificate: string; readonly key: string } {
  const [certificate, key] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const kind = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"];
  const { status, stderr } = spawnSync("openssl", ["req", ...kind, "-keyout", key, "-out", certificate, ...subject]);
  if (status !== 0) throw new Error(stderr.toString());
  return { certificate, key };
}

/** Ends TLS in front of a server, as a proxy does. */
async function startTls(targetUrl: string, files: ReturnType<typeof makeCertificate>): Promise<string> {
  const { port, hostname } = new URL(targetUrl);
  const server = createServer({ cert: readFileSync(files.certificate), key: readFileSync(files.key) }, (client) => {
    const upstream = connect(Number(port), hostname);
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
    client.on("close", () => upstream.destroy());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.skipIf(isSkippedWithout(hasOpenssl))(
  "a server behind TLS is tested like any other, if its certificate is trusted",
  async ({ skip }) => {
    const folder = mkdtempSync(join(tmpdir(), "max-tls-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "plan.json"), JSON.stringify(plan));
    const files = makeCertificate(folder);
    const max = await startMax({ port: 0, store: ":memory:" });
    onTestFinished(() => max.close());
    const url = await startTls(max.url, files);
    const flags = ["--plan", join(folder, "plan.json"), "--out", folder, "--workers", "1", "--json"];
    const attack = async () => runMaxCommand("loadtest", "--url", url, `--token=${max.token}`, ...flags);

    const unknown = await attack();
    expect(unknown).toMatchObject({ code: exitCodes.targetUnreachable, stdout: "" });
    expect(unknown.stderr).toMatch(
      /The certificate of https:.* is not trusted \(.*CERT.*NODE_EXTRA_CA_CERTS.* --insecure/,
    );
    const checked = await runMaxCommand("contract", "--url", url, "--for", "1s");
    expect(checked.code).toBe(exitCodes.targetUnreachable);
    expect(checked.stdout).toContain(unknown.stderr.replace(/^max: /, "").trim());
    const plain = await runMaxCommand("loadtest", "--url", max.url.replace("http:", "https:"), ...flags);
    expect(plain.code).toBe(exitCodes.targetUnreachable);
    expect(plain.stderr).toMatch(/fails the TLS handshake \(.*\): use http:\/\//);

    onTestFinished(() => void vi.unstubAllEnvs());
    // Read by Node when a process starts.
    for (const [variable, value] of [
      ["NODE_EXTRA_CA_CERTS", files.certificate],
      ["NODE_TLS_REJECT_UNAUTHORIZED", "0"],
    ] as const) {
      vi.unstubAllEnvs();
      vi.stubEnv(variable, value);
      const summary = JSON.parse((await attack()).stdout) as Summary;
      const { clients, deliveries, http, target } = summary;
      expect(target.certificate).toBe(variable === "NODE_EXTRA_CA_CERTS" ? "verified" : "unverified");
      expect(clients, variable).toMatchObject({ connected: 6, thin: 4, websocket: 1, polling: 1, refused: 0 });
      expectNoFaults(summary);
      verdictOnServer(skip, summary);
      expect(clients, variable).toMatchObject({ dropped: 0 });
      expect(deliveries.received).toBeGreaterThan(0);
      expect(http).toMatchObject({ errors: 0, failed: 0 });
      expect(http.requests).toBeGreaterThan(0);
    }
    vi.unstubAllEnvs();
    const accepted = await runMaxCommand("loadtest", "--url", url, `--token=${max.token}`, ...flags, "--insecure");
    const { clients, target } = JSON.parse(accepted.stdout) as Summary;
    expect(clients).toMatchObject({ connected: 6, thin: 4, websocket: 1, polling: 1, refused: 0 });
    expect(target.certificate).toBe("unverified");
    for (const report of ["report.html", "summary.md"])
      expect(readFileSync(join(folder, report), "utf8")).toContain("certificate was not verified (--insecure)");
    // Here it is Engine.IO that would not look at the variable.
    const insecure = await runMaxCommand("contract", "--url", url, "--for", "1s", "--insecure");
    expect(insecure.stdout).toContain("certificate was not verified (--insecure)");
    expect(insecure.stdout).not.toMatch(/connect-(?:websocket|polling)/);
    expect(insecure.code).not.toBe(exitCodes.targetUnreachable);
  },
);
