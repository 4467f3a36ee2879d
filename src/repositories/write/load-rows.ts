import type { Dialect, Load } from '../../databases/dialect.ts';
import { LoadDataEncoder } from '../../databases/mysql/load-data-encoder.ts';
import type { Table } from '../../entities/table.ts';
import { classifyError } from '../../errors/translate-error.ts';
import type { Session } from '../../executor/session.ts';
import type { UpsertRows } from './upsert-rows.ts';
import type { UpsertCounts, Writing } from './upsert-statement.ts';

const BYTES_PER_PACKET = 128 * 1024;

/**
 * The server takes no files, or takes them no more.
 * Source: ER_NOT_ALLOWED_COMMAND, ER_CLIENT_LOCAL_FILES_DISABLED (MySQL), ER_LOAD_INFILE_CAPABILITY_DISABLED (MariaDB).
 */
const REFUSALS: ReadonlySet<number | undefined> = new Set([1148, 3948, 4166]);

/**
 * Whether a warning is about a row whose key is stored. Rows are left out for other reasons too: no partition
 * for them (1526), a missing row that they refer to (1452), a check (3819, 4025).
 * Source: ER_DUP_ENTRY, and "LOAD DATA", section "Duplicate-Key and Error Handling" (MySQL).
 */
const isStored = (code: number): boolean => code === 1062;

/**
 * Writes rows as a file that the server loads, which it does about twice as fast as it reads a statement. A
 * row that is stored already is kept, so this serves `forceUpdate: false`, and the others where every row is new.
 *
 * @returns `undone` where the rows must be written by a statement, since not every row is new, or a value was
 *   not stored as it came; `refused` where the server takes no files. Nothing has been stored then.
 */
export async function loadRows<T extends object>(
  session: Session,
  table: Table<T>,
  upsert: UpsertRows<T>,
  rows: readonly Partial<T>[],
  { forceUpdate, same }: Writing<T>,
): Promise<UpsertCounts | 'undone' | 'refused'> {
  const sql = (session.dialect.loadFile as NonNullable<Dialect['loadFile']>)(
    table.name,
    table.columns.map(({ name }) => name),
  );
  try {
    const result = await (session.load as Load)(
      sql,
      fileOf(rows, (file, row) => upsert.writeToFile(file, row, same)),
      async ({ records, skipped, warnings }, codes) => {
        if (records !== rows.length || warnings !== skipped) {
          return false;
        }
        // the list of warnings may be cut, and then does not speak for every row
        return skipped === 0 || (forceUpdate === false && (await codes()).filter(isStored).length === skipped);
      },
    );
    return result === undefined
      ? 'undone'
      : { inserted: rows.length - result.skipped, updated: 0, unchanged: result.skipped };
  } catch (error) {
    const { repeat } = classifyError(error);
    // what ends by itself is waited for; whatever else there is against the file, the statement will say
    if (repeat !== 'never') {
      throw error;
    }
    return REFUSALS.has((error as { readonly errno?: number }).errno) ? 'refused' : 'undone';
  }
}

function* fileOf<R>(
  rows: readonly R[],
  write: (file: LoadDataEncoder, row: R) => void,
): Generator<Buffer, void, undefined> {
  const file = new LoadDataEncoder();
  for (const row of rows) {
    write(file, row);
    if (file.length >= BYTES_PER_PACKET) {
      yield file.take();
    }
  }
  // the driver takes an empty piece for the end of the file
  if (file.length > 0) {
    yield file.take();
  }
}
