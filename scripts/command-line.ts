/**
 * A command as one would type it again, for reports.
 *
 * Reports are passed around, so what may be a secret is left out: the value of --token, --auth and --header.
 */

const secret = /^--(?:token|auth|header)(?:=|$)/;

function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}

/** @example describeCommand(["loadtest", "--token", "abc"]) // "max loadtest --token ***" */
export function describeCommand(args: readonly string[]): string {
  const words = ["max"];
  let isValueSecret = false;
  for (const argument of args) {
    const match = secret.exec(argument);
    if (isValueSecret) words.push("***");
    else if (match !== null && match[0].endsWith("=")) words.push(`${match[0]}***`);
    else words.push(quote(argument));
    isValueSecret = !isValueSecret && match !== null && !match[0].endsWith("=");
  }
  return words.join(" ");
}
