let context = '';

/** Starts each line of progress with its context. */
export function sayAbout(about: string): void {
  context = about;
}

/** Progress goes to standard error, so that standard output has only the tables. */
export function say(text: string): void {
  process.stderr.write(`[${context}] ${text}\n`);
}
