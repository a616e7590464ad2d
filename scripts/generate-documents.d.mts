export function generateDocuments(): Promise<string>;
