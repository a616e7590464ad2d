export function compareArchitecture(): { readonly is: string; readonly due: string };
