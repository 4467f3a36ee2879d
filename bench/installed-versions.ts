import type { Contestant } from './contestants.ts';
import { ownVersion, packageVersions } from './install.ts';
import { pythonVersions } from './python/environment.ts';

/** What the figures were made with. */
export function installedVersions(contestants: readonly Contestant[]): Record<string, string> {
  const packagesOf = (wanted: Contestant['language']) => [
    ...new Set(contestants.filter(({ language }) => language === wanted).flatMap(({ packages }) => packages)),
  ];
  const python = packagesOf('python');
  const installed = python.length === 0 ? {} : pythonVersions();
  return {
    tradestore: ownVersion(),
    node: process.versions.node,
    ...packageVersions(packagesOf('node')),
    ...Object.fromEntries(python.map((name) => [name, installed[name] ?? 'unknown'])),
  };
}
