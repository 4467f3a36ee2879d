import type { Dialect, Load } from '../../databases/dialect.ts';
import { LoadDataEncoder } from '../../databases/mysql/load-data-encoder.ts';
import type { Table } from '../../entities/table.ts';
import { classifyError } from '../../errors/translate-error.ts';
import type { Session } from '../../executor/session.ts';
import type { FileForm } from './encode-rows.ts';
import type { WriteOptions } from './upsert-statement.ts';
import type { UpsertCounts } from './write-result.ts';

const BYTES_PER_PACKET = 128 * 1024;

/**
 * The server takes no files, or no longer, or a proxy never does.
 * Source: ER_NOT_ALLOWED_COMMAND, ER_CLIENT_LOCAL_FILES_DISABLED (MySQL), ER_LOAD_INFILE_CAPABILITY_DISABLED (MariaDB),
 * ER_UNKNOWN_COM_ERROR (ProxySQL).
 */
const REFUSALS: ReadonlySet<number | undefined> = new Set([1047, 1148, 3948, 4166]);

/**
 * Whether a warning is about a row whose key is stored. The server leaves rows out for other reasons too: no partition
 * (1526), a missing parent row (1452), a check (3819, 4025).
 * Source: ER_DUP_ENTRY, and "LOAD DATA", section "Duplicate-Key and Error Handling" (MySQL).
 */
const isStored = (code: number): boolean => code === 1062;

/**
 * Writes rows as a file that the server loads, which takes about half the time of a statement. Stored rows are kept, so
 * a file serves `forceUpdate: false`, and the others where every row is new.
 *
 * @returns `undone` where a statement has to write the rows, since not every row is new, or a value was not stored as it
 *   was sent; `refused` where the server takes no files. Nothing was stored in either case.
 */
export async function loadRows<T extends object>(
  session: Session,
  table: Table<T>,
  formOf: (rows: readonly Partial<T>[]) => FileForm<T>,
  rows: readonly Partial<T>[],
  { forceUpdate, shared }: WriteOptions<T>,
): Promise<UpsertCounts | 'undone' | 'refused'> {
  const { columns, encode } = formOf(rows);
  const sql = (session.dialect.loadFile as NonNullable<Dialect['loadFile']>)(
    table.name,
    columns.map(({ name }) => name),
  );
  try {
    const result = await (session.load as Load)(
      sql,
      fileOf(rows, (file, row) => encode(file, row, shared)),
      async ({ records, skipped, warnings }, codes) => {
        if (records !== rows.length || warnings !== skipped) {
          return false;
        }
        // the server may cut its list of warnings: then it does not account for every row
        return skipped === 0 || (forceUpdate === false && (await codes()).filter(isStored).length === skipped);
      },
    );
    return result === undefined
      ? 'undone'
      : { inserted: rows.length - result.skipped, updated: 0, unchanged: result.skipped };
  } catch (error) {
    const { repeat } = classifyError(error);
    // temporary failures are retried; any other one, the statement reports
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
  // an empty chunk is the end of the file for the driver
  if (file.length > 0) {
    yield file.take();
  }
}
