import { quote } from '../databases/dialect.ts';
import type { SqlValue } from '../databases/row-sink.ts';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import type { Session } from '../executor/session.ts';
import type { ProcedureCall } from '../schemas/procedure-call.schema.ts';
import { type MakeRow, rowMaker, SameNames, type SqlRow } from './rows.ts';
import { sameNames, withForeignNames } from './send.ts';
import { encode } from './statement.ts';

/** What a stored procedure gave. */
export interface ProcedureResult<Row extends object = SqlRow> {
  /** The rows of each of its result sets, in their order. */
  readonly resultSets: Row[][];
  /** What came out of its parameters, by the names that the call gives them. */
  readonly out: Record<string, SqlValue>;
  /** Rows that its last statement changed. */
  readonly affectedRows: number;
}

const NO_ROWS = { columns: () => undefined, row: () => true };

/** Calls a procedure on one connection: what comes out of it is kept in variables of the session. @internal */
export function callProcedure(
  operation: string,
  session: Session,
  { name, parameters }: Pick<ProcedureCall, 'name' | 'parameters'>,
): Promise<ProcedureResult> {
  const { dialect, withConnection } = session;
  const { callerStatements } = dialect;
  const { literal } = callerStatements;
  if (!callerStatements.procedures || literal === undefined) {
    throw new DatabaseOperationError(
      `${operation}: ${dialect.label} has no stored procedures; send its statements one by one, in db.transaction()`,
      { operation, kind: 'configuration' },
    );
  }
  const variables = parameters.map((_, index) => `@tradestore_${index}`);
  const outs = parameters.flatMap(({ out }, index) => (out === undefined ? [] : [{ out, variable: variables[index] }]));
  const values = parameters.map(({ value }) => literal(encode(value, callerStatements)));
  const procedure = name.map(quote).join('.');
  return withConnection(async (connection) => {
    connection.markDirty();
    for (const [index, { out }] of parameters.entries()) {
      if (out !== undefined) {
        const variable = variables[index];
        await connection.query(`set ${variable} = ?`, `set ${variable} = ${values[index]}`, [], NO_ROWS);
      }
    }
    const resultSets: SqlRow[][] = [];
    let make: MakeRow = (row) => row;
    const written = parameters.map(({ out }, index) => (out === undefined ? values[index] : variables[index]));
    const shown = parameters.map(({ out }, index) => (out === undefined ? '?' : variables[index]));
    try {
      const { affected } = await connection.query(
        `call ${procedure}(${shown.join(', ')})`,
        `call ${procedure}(${written.join(', ')})`,
        [],
        {
          columns: (columns) => {
            make = rowMaker(columns, false, session);
            resultSets.push([]);
          },
          row: (row) => {
            resultSets.at(-1)?.push(make(row) as SqlRow);
            return true;
          },
        },
      );
      let out: readonly SqlValue[] = [];
      if (outs.length > 0) {
        const select = `select ${outs.map(({ variable }) => variable).join(', ')}`;
        const take = (row: readonly SqlValue[]): boolean => {
          out = row;
          return true;
        };
        await connection.query(select, select, [], { columns: () => undefined, row: take });
      }
      return {
        resultSets,
        out: Object.fromEntries(outs.map(({ out: key }, index) => [key, out[index] as SqlValue])),
        affectedRows: affected,
      };
    } catch (error) {
      throw error instanceof SameNames ? sameNames(operation, error) : withForeignNames(error, session);
    }
  });
}
