/** The Kubernetes manifests and the systemd unit of the examples: against their schemas, and the flags of `max demo`. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { packageRoot } from "../schemas/package-root.js";
import { readExample } from "./balancers.fixture.js";
import { createMaxCommand } from "./max-command.js";

const load = createRequire(import.meta.url);

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: Record<string, unknown>;
}

/** Where the schemas have the kinds that are used. */
const modules: Readonly<Record<string, string>> = {
  Deployment: "apps/v1/Deployment",
  PodDisruptionBudget: "policy/v1/PodDisruptionBudget",
  Service: "v1/Service",
  Ingress: "networking.k8s.io/v1/Ingress",
  Job: "batch/v1/Job",
};

function readManifests(name = "kubernetes.yaml"): Manifest[] {
  return parseAllDocuments(readExample(name)).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  });
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "max-cluster-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What the schema of its kind finds in a manifest; null where that is nothing. */
function findFault(manifest: Manifest): string | null {
  const { kind } = manifest;
  const module = load(`kubernetes-models/${modules[kind]}`) as Record<
    string,
    new (data: object) => { validate(): void }
  >;
  try {
    new module[kind](manifest).validate();
    return null;
  } catch (error) {
    return String(error);
  }
}

/** What the schemas let pass, as Kubernetes does where it is not asked for more: fields that there are not. */
function findUnknownFields(manifests: readonly Manifest[]): string {
  const folder = temporaryFolder();
  symlinkSync(fileURLToPath(new URL("node_modules", packageRoot)), join(folder, "node_modules"));
  const lines = manifests.map(
    ({ kind, ...rest }, index) =>
      `export const n${index}: import("kubernetes-models/${modules[kind]}").I${kind} = ${JSON.stringify({ kind, ...rest })};`,
  );
  writeFileSync(join(folder, "manifests.ts"), lines.join("\n"));
  const tsc = fileURLToPath(new URL("node_modules/typescript/bin/tsc", packageRoot));
  const flags = [
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    "--module",
    "esnext",
    "--moduleResolution",
    "bundler",
    "--types",
    "",
  ];
  return spawnSync(process.execPath, [tsc, ...flags, "manifests.ts"], { cwd: folder, encoding: "utf8" }).stdout;
}

/** The manifests with this in the specification of the pods. */
function withPodSpec(manifests: readonly Manifest[], change: object): Manifest[] {
  return structuredClone(manifests).map((manifest) => {
    const { template } = manifest.spec as { readonly template?: { readonly spec: object } };
    if (template !== undefined) Object.assign(template.spec, change);
    return manifest;
  });
}

test("the Kubernetes manifests fit the schemas of Kubernetes, and have no field that it does not know", () => {
  const manifests = [...readManifests(), ...readManifests("loadtest-job.yaml")];
  expect([...new Set(manifests.map(({ kind }) => kind))].toSorted()).toEqual(Object.keys(modules).toSorted());
  expect(manifests.map(findFault)).toEqual(manifests.map(() => null));
  expect(findUnknownFields(manifests)).toBe("");
  // Both would find something.
  const [deployment] = withPodSpec(manifests, { terminationGracePeriodSeconds: "long" });
  expect(findFault(deployment)).toContain("terminationGracePeriodSeconds");
  expect(findUnknownFields(withPodSpec(manifests, { terminationGracePeriodSecond: 45 }))).toContain("TS2353");
});

/** The options that the library gets, of the words behind `max`. */
async function optionsOf(words: readonly string[]): Promise<unknown> {
  let options: unknown;
  const command = await createMaxCommand(words, (given) => void (options = given));
  await command.parseAsync();
  return (options as { readonly options: unknown }).options;
}

const expected = {
  cluster: { redis: "redis://redis:6379" },
  store: "postgres://postgres:5432/max",
  drainMs: 20_000,
};

test("the pods of the example run max demo with flags that it takes, and are given the time to drain", async () => {
  const variables: Record<string, string> = {
    POD_IP: "10.244.1.2",
    REDIS: expected.cluster.redis,
    STORE: expected.store,
  };
  const [deployment] = readManifests();
  const { spec } = deployment.spec["template"] as {
    readonly spec: {
      readonly terminationGracePeriodSeconds: number;
      readonly containers: readonly {
        readonly command: readonly string[];
        readonly args: readonly string[];
        readonly env: readonly { readonly name: string }[];
        readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
      }[];
    };
  };
  const [{ command, args, env, lifecycle }] = spec.containers;
  const words = [...command, ...args].map((word) =>
    word.replaceAll(/\$\((\w+)\)/g, (_, name: string) => variables[name]),
  );
  expect(words[0]).toBe("max");
  expect(await optionsOf(words.slice(1))).toMatchObject({
    ...expected,
    cluster: { ...expected.cluster, advertise: "http://10.244.1.2:8000" },
    trustProxy: ["10.244.0.0/16"],
  });
  expect(env.map(({ name }) => name).toSorted()).toEqual(["MAX_TOKEN", ...Object.keys(variables)].toSorted());
  const [, pauseSeconds] = lifecycle.preStop.exec.command;
  expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(Number(pauseSeconds) + expected.drainMs / 1000);
});

interface PodTemplate {
  readonly spec: {
    readonly restartPolicy: string;
    readonly containers: readonly [{ readonly command: readonly string[]; readonly args: readonly string[] }];
  };
}

test("the Jobs of a load test run commands with flags that they take, and are never started again", async () => {
  const jobs = readManifests("loadtest-job.yaml").filter(({ kind }) => kind === "Job");
  vi.stubEnv("MAX_AGENT_TOKEN", "token-of-a-test");
  onTestFinished(() => void vi.unstubAllEnvs());
  const values: unknown[] = [];
  for (const { spec } of jobs) {
    const { restartPolicy, containers } = (spec["template"] as PodTemplate).spec;
    expect([spec["backoffLimit"], restartPolicy]).toEqual([0, "Never"]);
    const [{ command, args }] = containers;
    const words = [...command, ...args].map((word) => word.replace("$(JOB_COMPLETION_INDEX)", "3"));
    const max = await createMaxCommand(words.slice(1), (options) => void values.push(options));
    await max.parseAsync();
  }
  const [controller, agent] = values;
  expect(controller).toMatchObject({
    values: { agents: 4, listen: { host: "0.0.0.0", port: 7700 }, "agent-token": "token-of-a-test" },
  });
  expect(agent).toMatchObject({ controller: "ws://max-loadtest:7700", host: "agent-3", token: "token-of-a-test" });
  expect(jobs[1].spec).toMatchObject({ completionMode: "Indexed", completions: 4, parallelism: 4 });
});

test("the services of compose.yaml run max loadtest --agents and max agent with flags that they take", async () => {
  const compose = parse(readFileSync(new URL("compose.yaml", packageRoot), "utf8"), { merge: true }) as {
    readonly services: Readonly<Record<string, { readonly command: readonly string[]; readonly restart: string }>>;
  };
  vi.stubEnv("MAX_AGENT_TOKEN", "token-of-a-test");
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const name of ["controller", "agent"]) {
    const { command, restart } = compose.services[name];
    expect(restart).toBe("no");
    let options: unknown;
    await (await createMaxCommand(command, (given) => void (options = given))).parseAsync();
    expect(options).toBeTruthy();
  }
});

test("the systemd unit runs max demo with flags that it takes", async () => {
  const unit = readExample("max@.service");
  const [, line = ""] = /^ExecStart=\/usr\/bin\/env max (.*)$/m.exec(unit) ?? [];
  const words = line
    .replace("%i", "8001")
    .replace("${REDIS}", expected.cluster.redis)
    .replace("${STORE}", expected.store)
    .split(" ");
  const options = { port: 8001, trustProxy: ["127.0.0.1"], limits: { allowedHosts: ["market.example"] } };
  expect(await optionsOf(words)).toMatchObject({ ...expected, ...options });
});

const isSystemdAbsent = spawnSync("systemd-analyze", ["--version"]).error !== undefined;
if (isSystemdAbsent) {
  const sentence = "Not installed: systemd-analyze (apt-get install systemd).";
  if (process.env["CI"] === "true") throw new Error(sentence);
  process.stderr.write(`Skipped the test of the systemd unit. ${sentence}\n`);
}

test.skipIf(isSystemdAbsent)("systemd finds nothing wrong with the unit", () => {
  const file = join(temporaryFolder(), "max@8000.service");
  copyFileSync(fileURLToPath(new URL("examples/cluster/max@.service", import.meta.url)), file);
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
});
