import { parseArgs } from 'node:util';
import { type ServerDialect, serverDialects } from '../test/support/servers/database.ts';
import type { Storage } from './server/bench-server.ts';

export type Size = 'full' | 'quick' | 'smoke';

export interface Options {
  readonly size: Size;
  readonly servers: readonly ServerDialect[];
  readonly repeats: number;
  readonly only: RegExp;
  readonly contender: RegExp;
  readonly storage: Storage;
  /** Everything, in full: only such a run is kept in `bench/results`. */
  readonly complete: boolean;
}

const REPEATS: Readonly<Record<Size, number>> = { full: 5, quick: 3, smoke: 1 };

export const HELP = `Usage: npm run bench -- [options]

Compares tradestore with other ways to store and read the same rows on the same server, and exits 1 when a
target is missed. bench/README.md tells what is measured and how.

  --quick                fewer rows; the targets are asserted all the same
  --smoke                hardly any rows; shows that everything runs and asserts no target
  --server <name>        mysql or mariadb (default: both, one after the other)
  --only <pattern>       the works whose names match, e.g. 'insert|upsert' or import
  --contender <pattern>  the contenders whose names match; the ceilings take part in any case
  --repeats <n>          how often each contender does each work; the median counts (default: 5, or 3 with --quick)
  --memory               the server's data in memory: shows the clients' share, not what durability costs
  --help

A whole run takes about an hour and writes bench/results/<server>.md and .svg; any other run writes them to
.cache/bench-results/. Every sample goes to .cache/bench-results/<server>.json.
`;

/** Returns nothing if help was requested. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      server: { type: 'string' },
      only: { type: 'string', default: '' },
      contender: { type: 'string', default: '' },
      repeats: { type: 'string' },
      memory: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    return undefined;
  }
  const size = values.smoke ? 'smoke' : values.quick ? 'quick' : 'full';
  const servers = serverDialects.filter((dialect) => values.server === undefined || values.server === dialect);
  if (servers.length === 0) {
    throw new Error(`--server is mysql or mariadb, not ${values.server}`);
  }
  const repeats = Number(values.repeats ?? REPEATS[size]);
  if (!Number.isInteger(repeats) || repeats < 1) {
    throw new Error(`--repeats is a whole number from 1, not ${values.repeats}`);
  }
  return {
    size,
    servers,
    repeats,
    only: new RegExp(values.only),
    contender: new RegExp(values.contender),
    storage: values.memory ? 'memory' : 'disk',
    complete: size === 'full' && !values.memory && values.only === '' && values.contender === '',
  };
}
