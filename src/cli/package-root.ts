import { existsSync, readFileSync } from 'node:fs';

/**
 * The folder of this package, with a slash at its end. Looked for upwards, since this module lies
 * elsewhere in the repository than in what is built from it.
 */
export function packageRoot(): URL {
  let folder = new URL('./', import.meta.url);
  while (!existsSync(new URL('package.json', folder))) {
    const parent = new URL('../', folder);
    if (parent.href === folder.href) {
      throw new Error('the package has lost its package.json; install it again');
    }
    folder = parent;
  }
  return folder;
}

/** The version of this package. */
export function packageVersion(): string {
  const text = readFileSync(new URL('package.json', packageRoot()), 'utf8');
  return String((JSON.parse(text) as { version?: unknown }).version);
}
