import { existsSync, readFileSync } from 'node:fs';

/**
 * The folder of this package, with a slash at its end. It is searched for upwards, since the sources and the built
 * package have this module at different depths.
 */
export function packageRoot(): URL {
  let folder = new URL('./', import.meta.url);
  while (!existsSync(new URL('package.json', folder))) {
    const parent = new URL('../', folder);
    if (parent.href === folder.href) {
      throw new Error('the package has no package.json any more; install it again');
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
