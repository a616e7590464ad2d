export function bundleDocument(document: object, schemas: ReadonlyMap<string, object>): object;
export function generateDocuments(): Promise<string>;
