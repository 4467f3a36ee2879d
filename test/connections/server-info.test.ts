import { expect, it } from '@jest/globals';
import { resolveSettings } from '../../src/config/settings.ts';
import { serverFamily } from '../../src/databases/mysql/server-family.ts';
import type { Row } from '../../src/databases/physical-connection.ts';

// MariaDB 12 has words for it. Source: MariaDB Server Documentation, "read_only"
it.each([
  [0, false],
  [1, true],
  ['OFF', false],
  ['ON', true],
  ['NO_LOCK', true],
  ['NO_LOCK_NO_ADMIN', true],
])('a server whose read_only is %p is read-only: %p', async (read_only, readOnly) => {
  const rows: readonly Row[] = [{ version: '12.0.2-MariaDB', read_only }];
  const execute = async (text: string) => ({ rows: text.includes('@@global.read_only') ? rows : [], affected: 0 });
  const settings = resolveSettings('test', { url: 'mariadb://u@h/n' });
  await expect(serverFamily.serverInfo(execute, settings)).resolves.toMatchObject({ readOnly, server: 'MariaDB' });
});
