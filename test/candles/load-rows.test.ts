import { describe, expect, it } from '@jest/globals';
import type { AcceptLoad, LoadResult } from '../../src/databases/physical-connection.ts';
import type { Table } from '../../src/entities/table.ts';
import type { Session } from '../../src/executor/session.ts';
import { loadRows } from '../../src/repositories/write/load-rows.ts';
import type { ForceUpdate } from '../../src/schemas/write-options.schema.ts';

const ROWS = [{}, {}, {}];
const STORED = 1062;
const NO_PARTITION = 1526;

/** What becomes of three rows, when the server says this of their file. */
async function outcomeOf(said: LoadResult, codes: readonly number[], forceUpdate: ForceUpdate) {
  let asked = 0;
  const session = {
    dialect: { loadFile: () => 'load' },
    load: async (_sql: string, _file: Iterable<Buffer>, accept: AcceptLoad) => {
      const accepted = await accept(said, async () => {
        asked += 1;
        return codes;
      });
      return accepted ? said : undefined;
    },
  } as unknown as Session;
  const table = { name: 't', columns: [] } as unknown as Table<object>;
  const outcome = await loadRows(session, table, () => ({ columns: [], encode: () => undefined }), ROWS, {
    forceUpdate,
  });
  return { outcome, asked };
}

describe('a file of three rows', () => {
  it.each<[what: string, said: LoadResult, codes: number[], forceUpdate: ForceUpdate, outcome: unknown, asked: number]>(
    [
      ['all of them are new', { records: 3, skipped: 0, warnings: 0 }, [], true, [3, 0], 0],
      ['two are stored', { records: 3, skipped: 2, warnings: 2 }, [STORED, STORED], false, [1, 2], 1],
      ['two are stored, to be overwritten', { records: 3, skipped: 2, warnings: 2 }, [], true, 'undone', 0],
      ['one did not arrive', { records: 2, skipped: 0, warnings: 0 }, [], false, 'undone', 0],
      ['one arrived as two', { records: 4, skipped: 0, warnings: 0 }, [], false, 'undone', 0],
      ['a value was cut', { records: 3, skipped: 0, warnings: 1 }, [], false, 'undone', 0],
      ['one is stored, and a value was cut', { records: 3, skipped: 1, warnings: 2 }, [STORED], false, 'undone', 0],
      [
        'one is left out for something else',
        { records: 3, skipped: 1, warnings: 1 },
        [NO_PARTITION],
        false,
        'undone',
        1,
      ],
      ['one of two is', { records: 3, skipped: 2, warnings: 2 }, [STORED, NO_PARTITION], false, 'undone', 1],
      ['the list of warnings is cut', { records: 3, skipped: 2, warnings: 2 }, [STORED], false, 'undone', 1],
    ],
  )('where %s', async (_what, said, codes, forceUpdate, outcome, asked) => {
    const [inserted, unchanged] = Array.isArray(outcome) ? outcome : [];
    await expect(outcomeOf(said, codes, forceUpdate)).resolves.toEqual({
      outcome: outcome === 'undone' ? 'undone' : { inserted, updated: 0, unchanged },
      asked,
    });
  });
});
