export function readSchemas(): Promise<ReadonlyMap<string, object>>;
export function generateTypes(schemas: ReadonlyMap<string, object>): Promise<string>;
export function generateValues(schemas: ReadonlyMap<string, object>): string;

/** The shipped scenario files as they were read. */
export interface ScenarioSources {
  readonly cast: object;
  readonly scenarios: readonly object[];
}

export function readScenarios(): Promise<ScenarioSources>;
export function generateScenarios(sources: ScenarioSources): string;
