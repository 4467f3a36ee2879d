import { quote } from '../databases/dialect.ts';
import type { SqlValue } from '../databases/row-sink.ts';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import type { Session } from '../executor/session.ts';
import type { ProcedureCall } from '../schemas/procedure-call.schema.ts';
import { NO_ROWS, onConnection, type RowMaker, rowMaker, type SqlRow } from './send.ts';
import { encode } from './statement.ts';

/** What a stored procedure returned. */
export interface ProcedureResult<Row extends object = SqlRow> {
  /** The rows of each of its result sets, in order. */
  readonly resultSets: Row[][];
  /** The values of its output parameters, by the names that the call gives them. */
  readonly out: Record<string, SqlValue>;
  /** The rows that its last statement changed. */
  readonly affectedRows: number;
}

/** Calls a procedure on one connection, whose session variables hold the output parameters. @internal */
export function callProcedure(
  operation: string,
  session: Session,
  { name, parameters }: Pick<ProcedureCall, 'name' | 'parameters'>,
): Promise<ProcedureResult> {
  const { rawSql, label } = session.dialect;
  const { literal } = rawSql;
  if (!rawSql.procedures || literal === undefined) {
    throw new DatabaseOperationError(
      `${operation}: ${label} has no stored procedures; send its statements one by one, in db.transaction()`,
      { operation, kind: 'configuration' },
    );
  }
  const args = parameters.map(({ value, out }, index) => {
    const variable = `@tradestore_${index}`;
    const sql = literal(encode(value, rawSql));
    return out === undefined ? { sql, shown: '?' } : { sql: variable, shown: variable, out, initial: sql };
  });
  const outs = args.filter(({ out }) => out !== undefined);
  const procedure = name.map(quote).join('.');
  return onConnection(session, async (connection) => {
    connection.markDirty();
    for (const { sql: variable, initial } of outs) {
      await connection.query(`set ${variable} = ?`, `set ${variable} = ${initial}`, [], NO_ROWS);
    }
    const resultSets: SqlRow[][] = [];
    let makeRow: RowMaker = (row) => row;
    const { affected } = await connection.query(
      `call ${procedure}(${args.map(({ shown }) => shown).join(', ')})`,
      `call ${procedure}(${args.map(({ sql }) => sql).join(', ')})`,
      [],
      {
        columns: (columns) => {
          ({ makeRow } = rowMaker(operation, columns, false, session));
          resultSets.push([]);
        },
        row: (row) => {
          resultSets.at(-1)?.push(makeRow(row) as SqlRow);
          return true;
        },
      },
    );
    let values: readonly SqlValue[] = [];
    if (outs.length > 0) {
      const select = `select ${outs.map(({ sql: variable }) => variable).join(', ')}`;
      const row = (found: readonly SqlValue[]): boolean => {
        values = found;
        return true;
      };
      await connection.query(select, select, [], { ...NO_ROWS, row });
    }
    const out = Object.fromEntries(outs.map(({ out: key }, index) => [key, values[index] as SqlValue]));
    return { resultSets, out, affectedRows: affected };
  });
}
