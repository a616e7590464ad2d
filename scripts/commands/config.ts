/**
 * `max config`: what is set, and where. `max config demo --port 9` reads its words as `max demo` would, and prints each
 * flag with its value instead of running it.
 */
import { maskSecrets } from "../../loadtest/core/mask-secrets.js";
import { formatTable } from "../../loadtest/report/table.js";
import { type Command, type Subcommand, defineCommand } from "../flags/command.js";
import { configFile } from "../flags/config-file.js";
import { type FlagTable, type Given, parseFlags, switchFlag } from "../flags/flag-table.js";
import { type Settings, type Sourced, nameSources, resolveFlags, valuesOf } from "../flags/settings.js";

type Subcommands = Readonly<Record<string, Subcommand>>;
type Sources = ReadonlyMap<string, Sourced>;

const flags = {
  json: switchFlag({ default: false, description: "print every flag of every command as JSON" }),
};

export function createConfigCommand(commands: Subcommands): Command {
  const { config: _, ...others } = commands;
  return defineCommand({
    flags,
    subcommands: printing(others, []),
    examples: [
      ["max config", "what differs from the defaults"],
      ["max config demo", "every flag of max demo"],
      ["max config loadtest --clients 5k", "what these flags would make of it"],
      ["max config --json", "everything, for programs"],
    ],
    epilogue: `A flag takes precedence over a variable (MAX_PORT; for one command alone MAX_DEMO_PORT), a variable over ${configFile}, and that over the default.`,
    async prepare({ json }, { settings }) {
      const all = await resolveAll(others, settings, []);
      return json ? JSON.stringify(describeAll(all, settings), null, 2) : formatSet(all, settings);
    },
    run: (text) => void process.stdout.write(`${text}\n`),
  });
}

/** The same commands, printing what they would run with. */
function printing(commands: Subcommands, above: readonly string[]): Subcommands {
  return Object.fromEntries(
    Object.entries(commands).map(([name, { describe, load }]) => {
      const path = [...above, name];
      const subcommand: Subcommand = {
        words: name,
        describe,
        path,
        async load() {
          const command = await load();
          const table = settable(command.flags);
          return {
            flags: table,
            examples: [],
            ...(command.subcommands && { subcommands: printing(command.subcommands, path) }),
            prepare: (_, { sources }) => sources,
            run: (sources) => void process.stdout.write(`${formatSources(table, sources as Sources)}\n`),
          };
        },
      };
      return [name, subcommand];
    }),
  );
}

function settable(table: FlagTable): FlagTable {
  return Object.fromEntries(Object.entries(table).filter(([, { kind }]) => kind !== "positional"));
}

function formatSources(table: FlagTable, sources: Sources): string {
  if (sources.size === 0) return "There is nothing to set.";
  const rows = [...sources].map(([name, { value, place }]) => [`--${name}`, show(value, table[name]?.isSecret), place]);
  return formatTable(rows, { align: "left" }).join("\n");
}

function masked(value: Given, isSecret = false): Given {
  if (typeof value === "boolean" || value === undefined) return value;
  const mask = (text: string) => (isSecret ? "***" : maskSecrets(text));
  return typeof value === "string" ? mask(value) : value.map(mask);
}

function show(value: Given, isSecret?: boolean): string {
  const shown = masked(value, isSecret);
  return typeof shown === "string" ? shown : (JSON.stringify(shown) ?? "-");
}

interface Resolved {
  /** `demo`, `contract diff`. */
  readonly words: string;
  readonly table: FlagTable;
  readonly sources: Sources;
}

async function resolveAll(commands: Subcommands, settings: Settings, above: readonly string[]): Promise<Resolved[]> {
  const all: Resolved[] = [];
  for (const [name, { load }] of Object.entries(commands)) {
    const path = [...above, name];
    const { flags: table, subcommands = {} } = await load();
    const sources = resolveFlags(settable(table), {}, path, settings);
    try {
      parseFlags(settable(table), valuesOf(sources));
    } catch (error) {
      throw nameSources(error, sources);
    }
    all.push({ words: path.join(" "), table, sources }, ...(await resolveAll(subcommands, settings, path)));
  }
  return all;
}

/** What is not a default. */
function formatSet(all: readonly Resolved[], { file }: Settings): string {
  const rows = all.flatMap(({ words, table, sources }) =>
    [...sources]
      .filter(([, { kind }]) => kind !== "default")
      .map(([name, { value, place }]) => [words, `--${name}`, show(value, table[name]?.isSecret), place]),
  );
  const read = file === undefined ? `No ${configFile} here.` : `Read from ${file}.`;
  const rest = "Every flag of a command: max config COMMAND.";
  if (rows.length === 0) return `${read} Everything has its default. ${rest}`;
  return [...formatTable(rows, { align: "left" }), "", `${read} The rest has its default. ${rest}`].join("\n");
}

function describeAll(all: readonly Resolved[], { file }: Settings): object {
  const commands = all.map(({ words, table, sources }) => {
    const described = [...sources].map(([name, { value, kind, place }]) => {
      const shown = masked(value, table[name]?.isSecret);
      return [name, { value: shown ?? null, source: kind, ...(kind !== "default" && { place }) }];
    });
    return [words, Object.fromEntries(described)];
  });
  return { file: file ?? null, commands: Object.fromEntries(commands) };
}
