/** One line with the reason, without a password. */
export function reasonOf(error: unknown): string {
  const message =
    error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error);
  return withoutPasswords(message.replaceAll(/\s*\n\s*/g, ' / ').trim());
}

export function withoutPasswords(text: string): string {
  return text.replaceAll(/(\w:\/\/[^:/@\s]*):[^@/\s]*@/g, '$1:***@');
}
