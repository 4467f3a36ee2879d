import { readFileSync } from 'node:fs';

/** Reads what is given as PEM text, or as the path of a file that holds it. */
export function readPem(source: string): string {
  return source.includes('-----BEGIN ') ? source : readFileSync(source, 'utf8');
}
