/**
 * Lets a command go on when nobody reads its output any more (`| head`), or the disk that it goes to is full.
 *
 * Reports are still written, and the exit code is still the verdict's: whoever has lost the output has these.
 */
export function tolerateLostOutput(): void {
  let isTold = false;
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
    // A reader that goes away is no error.
    if (code === "EPIPE" || isTold) return;
    isTold = true;
    process.stderr.write(`max: The output cannot be written to stdout (${code}).\n`);
  });
  process.stderr.on("error", () => {
    // There is nowhere left to report it.
  });
}
