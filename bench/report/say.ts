let context = '';

/** Begins each line of progress with what it belongs to. */
export function sayAbout(about: string): void {
  context = about;
}

/** Progress goes to standard error, so that standard output has the tables alone. */
export function say(text: string): void {
  process.stderr.write(`[${context}] ${text}\n`);
}
