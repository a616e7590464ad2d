/** Part of `npm run build`: the schema of max.config.json, from the tables of flags of all commands. */
import { writeFileSync } from "node:fs";
import { packageRoot } from "../../schemas/package-root.js";
import { configSchemaFile } from "../flags/config-file.js";
import { createConfigSchema } from "../flags/config-schema.js";
import { commands } from "../max-command.js";

const schema = await createConfigSchema(commands);
writeFileSync(new URL(configSchemaFile, packageRoot), `${JSON.stringify(schema, null, 2)}\n`);
