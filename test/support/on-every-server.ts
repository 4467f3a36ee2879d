import { describe, it } from '@jest/globals';
import { type ServerDialect, testServers } from './servers/index.ts';

/** Describes behaviours that only a server has, once, and runs them for every kind of server of the run. */
export function onEveryServer(name: string, behaviours: (dialect: ServerDialect) => void): void {
  const dialects = testServers().map(({ dialect }) => dialect);
  if (dialects.length === 0) {
    it(`${name}: this run leaves out every server`, () => undefined);
    return;
  }
  describe.each(dialects)(`${name} %s server`, behaviours);
}
