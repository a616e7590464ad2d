export function renderTree(): string;
export function compareTree(): { readonly is: string; readonly due: string };
