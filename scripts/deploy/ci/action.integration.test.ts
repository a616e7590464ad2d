/** The steps of the GitHub Action, run as a runner does: a sound server passes, a broken one fails with annotations. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { packageRoot } from "../../../schemas/package-root.js";
import { maxEntry } from "../../max-entry.js";
import { freePort } from "../../../server/core/free-port.fixture.js";

const action = fileURLToPath(new URL(".github/actions/max/action.yml", packageRoot));
const script = fileURLToPath(new URL("run.sh", import.meta.url));
const max = `${process.execPath} ${maxEntry}`;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly output: string;
  readonly summary: string;
  readonly files: readonly string[];
}

/** Runs the step with the default of each input that is not given. */
async function runAction(inputs: Readonly<Record<string, string>>): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "max-action-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const declared = readFileSync(action, "utf8");
  const names = [...declared.matchAll(/(MAX_ACTION_\w+): \$\{\{ inputs\.([\w-]+) \}\}/g)];
  const defaults = new Map(
    [...declared.matchAll(/^ {2}([\w-]+):\n {4}description: .*\n {4}default: (.*)$/gm)].map(([, name, value]) => [
      name,
      value.replaceAll('"', ""),
    ]),
  );
  const values = names.map(([, variable, name]) => [variable, inputs[name] ?? defaults.get(name) ?? ""]);
  const [output, summary] = [join(folder, "output"), join(folder, "summary")];
  const child = spawn("bash", [script], {
    cwd: folder,
    env: {
      ...process.env,
      ...Object.fromEntries(values),
      MAX_ACTION_MAX: max,
      GITHUB_ACTIONS: "true",
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stdout = text(child.stdout);
  const [code] = (await once(child, "exit")) as [number];
  const read = (file: string) => (readdirSync(folder).includes(file) ? readFileSync(join(folder, file), "utf8") : "");
  return {
    code,
    stdout: await stdout,
    output: read("output"),
    summary: read("summary"),
    files: readdirSync(join(folder, "max-report")),
  };
}

/** A demo, on a port of its own, in the folder of the run. */
async function demo(...flags: string[]): Promise<{ readonly url: string; readonly start: string }> {
  const port = await freePort();
  const start = `exec ${max} demo --no-config --port ${port} --store :memory: ${flags.join(" ")}`;
  return { url: `http://127.0.0.1:${port}`, start };
}

const quick = "--for 4s --read-only --expect market:update";

test("a sound server passes: exit code 0, a summary, the reports, and the server is stopped", async () => {
  const { url, start } = await demo();
  const { code, stdout, output, summary, files } = await runAction({ command: "contract", url, start, flags: quick });
  expect(code, stdout).toBe(0);
  expect(output).toBe("verdict=PASS\nexit-code=0\n");
  expect(stdout).not.toContain("::error");
  expect(summary).toMatch(/^```text\n[^]+\n```\n$/);
  expect(files).toEqual(expect.arrayContaining(["contract.json", "junit.xml", "max.log", "server.log"]));
  await expect(fetch(url)).rejects.toThrow("fetch failed");
});

test("a broken server fails: exit code 1, annotations", async () => {
  // Events with a second argument, which the contract does not have.
  const { url, start } = await demo("--recovery");
  const { code, stdout, output, files } = await runAction({ command: "contract", url, start, flags: quick });
  expect(code, stdout).toBe(1);
  expect(output).toBe("verdict=FAIL\nexit-code=1\n");
  expect(stdout).toMatch(/^::error title=[^:]+%3A [^:]+::.+$/m);
  expect(files).toContain("contract.json");
});

test("a threshold that does not hold fails a load test, with its page as the summary", async () => {
  const flags = "--no-rest --clients 5 --workers 0 --duration 1s --warmup 200ms --threshold 'latencyMs.max<0'";
  const { code, stdout, summary } = await runAction({ flags });
  expect([1, 3], stdout).toContain(code);
  expect(stdout).toMatch(/^::error title=max loadtest default%3A (?:FAIL|INVALID)::.+$/m);
  expect(summary).toContain("latencyMs.max");
});

test.each([
  [{ command: "loadtets" }, 2, 'Unknown command "loadtets": expected loadtest or contract.'],
  [{ url: "http://127.0.0.1:9", "wait-seconds": "0" }, 4, "Nothing answers at http://127.0.0.1:9 after 0 s."],
  [{ url: "http://127.0.0.1:9", start: "echo no market; exit 1" }, 5, "The server ended before it answered"],
  [{ flags: "--nonsense" }, 2, "Unknown flag --nonsense."],
])("%j ends with %d and one annotation", async (inputs, exitCode, sentence) => {
  const { code, stdout, output } = await runAction(inputs);
  expect([code, output]).toEqual([exitCode, `exit-code=${exitCode}\n`]);
  expect(stdout.split("\n").filter((line) => line.startsWith("::error"))).toEqual([expect.stringContaining(sentence)]);
});
