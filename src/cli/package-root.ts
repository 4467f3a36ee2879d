import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { pathToFileURL } from 'node:url';

/** The `package.json` of this package, whose folder the sources and the built package have at different depths. */
export function packageFile(): URL {
  const path = findPackageJSON(import.meta.url);
  if (path === undefined) {
    throw new Error('the package has no package.json any more; install it again');
  }
  return pathToFileURL(path);
}

export function packageVersion(): string {
  return String((JSON.parse(readFileSync(packageFile(), 'utf8')) as { version?: unknown }).version);
}
