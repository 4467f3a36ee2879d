import { ask } from './ask.ts';

export async function serverVersion(url: string): Promise<string> {
  const [version = ''] = await ask(url, 'select version()');
  return version;
}

/** `8.4.6` of `8.4.6-0ubuntu0.24.04.1`. */
export function shortVersion(version: string): string {
  return /\d+\.\d+\.\d+/.exec(version)?.[0] ?? version;
}
