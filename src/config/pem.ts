import { readFileSync } from 'node:fs';

/** Reads PEM text, or the file at a path. */
export function readPem(source: string): string {
  return source.includes('-----BEGIN ') ? source : readFileSync(source, 'utf8');
}
