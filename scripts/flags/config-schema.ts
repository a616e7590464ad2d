/** The schema of max.config.json, made of the tables of flags when the package is built. */
import { publishedRoot } from "../../schemas/package-root.js";
import type { Command, Subcommand } from "./command.js";
import {
  type ConfigSchema,
  type SectionSchema,
  type SettingSchema,
  configFile,
  configSchemaFile,
} from "./config-file.js";
import type { Flag } from "./flag-table.js";

type Subcommands = Readonly<Record<string, Subcommand>>;

/** The schema of a file that sets any flag of these commands. */
export async function createConfigSchema(subcommands: Subcommands): Promise<ConfigSchema> {
  const sections = await sectionsOf("max", subcommands);
  const commands = await loadAll(subcommands);
  const known = sections.filter(([, { properties }]) => Object.keys(properties).length > 0);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `${publishedRoot}${configSchemaFile}`,
    title: configFile,
    description:
      "Flags of max. A key at the top is for all commands that have the flag; one below a command's name is for that command, and takes precedence.",
    type: "object",
    additionalProperties: false,
    properties: {
      $schema: { type: "string", description: "where this schema is, for editors" },
      ...commonSettings(commands),
      ...Object.fromEntries(known),
    },
  };
}

/** The commands and those below them. */
async function loadAll(subcommands: Subcommands): Promise<Command[]> {
  const loaded = await Promise.all(Object.values(subcommands).map((one) => one.load()));
  const below = await Promise.all(loaded.map((command) => loadAll(command.subcommands ?? {})));
  return [...loaded, ...below.flat()];
}

function commonSettings(commands: readonly Command[]): SectionSchema["properties"] {
  const rows = new Map<string, Map<string, SettingSchema>>();
  for (const [name, row] of commands.flatMap(({ flags }) => Object.entries(flags))) {
    if (row.kind === "positional" || row.isOwn === true) continue;
    const { default: _, ...schema } = settingOf(row);
    const alternatives = rows.get(name) ?? new Map<string, SettingSchema>();
    rows.set(name, alternatives.set(JSON.stringify(schema), schema));
  }
  return Object.fromEntries(
    [...rows].map(([name, alternatives]) => {
      const [one, ...others] = alternatives.values();
      if (others.length === 0) return [name, one!];
      return [name, { description: one!.description ?? "", anyOf: [one!, ...others] }];
    }),
  );
}

async function sectionsOf(above: string, subcommands: Subcommands) {
  return await Promise.all(
    Object.entries(subcommands).map(async ([name, { describe, load }]) => {
      return [name, await sectionOf(`${above} ${name}`, describe, await load())] as const;
    }),
  );
}

async function sectionOf(
  words: string,
  describe: string,
  { flags, subcommands = {} }: Command,
): Promise<SectionSchema> {
  const settings = Object.entries(flags).flatMap(([name, row]) =>
    row.kind === "positional" ? [] : [[name, settingOf(row)] as const],
  );
  const below = await sectionsOf(words, subcommands);
  return {
    description: `${words}: ${describe}`,
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries([...settings, ...below]),
  };
}

function settingOf({ description, schema, default: usual, isSecret }: Flag): SettingSchema {
  return {
    description,
    ...schema,
    ...(usual !== undefined && { default: usual }),
    ...(isSecret === true && { writeOnly: true }),
  };
}
