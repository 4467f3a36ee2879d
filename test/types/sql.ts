import { expectTypeOf } from 'expect-type';
import {
  type DatabaseOperations,
  type DecimalInput,
  type ExecuteResult,
  type InstantInput,
  type PreparedTransaction,
  type ProcedureArgument,
  type ProcedureResult,
  type Sql,
  type SqlArgument,
  type SqlDecimal,
  type SqlInput,
  type SqlOptions,
  type SqlQueryOptions,
  type SqlRow,
  type SqlRows,
  type SqlStream,
  type SqlStreamOptions,
  type SqlValue,
  sql,
  type Transaction,
  type TransactionOptions,
  type TwoPhase,
  type TwoPhaseOptions,
  type TwoPhaseTransaction,
  type Xid,
  type XidInput,
} from '../../src/index.ts';

// Compiled with the rest, never run: what db.sql takes and gives.

declare const db: DatabaseOperations;
declare const symbols: readonly string[];

interface Named {
  name: string;
}

expectTypeOf(db.sql).toEqualTypeOf<Sql>();
expectTypeOf<Transaction['sql']>().toEqualTypeOf<Sql>();

expectTypeOf<SqlValue>().toEqualTypeOf<string | number | bigint | Buffer | Date | null>();
expectTypeOf<SqlRow>().toEqualTypeOf<Record<string, SqlValue>>();
expectTypeOf<SqlInput>().toEqualTypeOf<string | number | bigint | boolean | Date | SqlDecimal | Uint8Array | null>();
expectTypeOf(sql.decimal).toEqualTypeOf<(value: DecimalInput) => SqlDecimal>();
expectTypeOf(sql.instant).toEqualTypeOf<(value: InstantInput) => Date>();
expectTypeOf<SqlArgument>().toEqualTypeOf<SqlInput | readonly SqlInput[] | readonly (readonly SqlInput[])[]>();
// what comes back can be given again
expectTypeOf<SqlValue>().toExtend<SqlInput>();

expectTypeOf(db.sql.query('select 1')).toEqualTypeOf<Promise<SqlRows<SqlRow>>>();
expectTypeOf(db.sql.query<Named>('select ?', [1], { idempotent: true })).toEqualTypeOf<Promise<SqlRows<Named>>>();
expectTypeOf(db.sql.query<Named>`select ${symbols}`).toEqualTypeOf<Promise<SqlRows<Named>>>();
expectTypeOf(db.sql.query('select 1', [], { rowsAsArray: true })).toEqualTypeOf<Promise<SqlRows<SqlValue[]>>>();
expectTypeOf(db.sql.query<[string, number]>('select 1', [], { rowsAsArray: true })).toEqualTypeOf<
  Promise<SqlRows<[string, number]>>
>();

expectTypeOf(db.sql.first`select 1`).toEqualTypeOf<Promise<SqlRow | null>>();
expectTypeOf(db.sql.first<Named>('select 1')).toEqualTypeOf<Promise<Named | null>>();
expectTypeOf(db.sql.scalar`select 1`).toEqualTypeOf<Promise<SqlValue>>();
expectTypeOf(db.sql.scalar<number>('select 1')).toEqualTypeOf<Promise<number | null>>();

expectTypeOf(db.sql.execute`delete from bots`).toEqualTypeOf<Promise<ExecuteResult>>();
expectTypeOf<ExecuteResult>().toEqualTypeOf<{
  readonly affectedRows: number;
  readonly insertId: number | bigint | null;
  readonly warnings: number;
}>();

expectTypeOf(db.sql.stream<Named>('select 1')).toEqualTypeOf<SqlStream<Named>>();
expectTypeOf(db.sql.stream('select 1', [], { rowsAsArray: true, batchSize: 1 })).toEqualTypeOf<SqlStream<SqlValue[]>>();
expectTypeOf<SqlQueryOptions>().toExtend<SqlOptions>();
expectTypeOf<SqlStreamOptions>().toHaveProperty('signal').toEqualTypeOf<AbortSignal | undefined>();

expectTypeOf(db.sql.callProcedure('p')).toEqualTypeOf<Promise<ProcedureResult>>();
expectTypeOf(db.sql.callProcedure<Named>('p', [1, { out: 'a' }])).toEqualTypeOf<Promise<ProcedureResult<Named>>>();
expectTypeOf<{ out: string; value: bigint }>().toExtend<ProcedureArgument>();
expectTypeOf(db.sql.tableNames).toEqualTypeOf<() => Promise<string[]>>();

// @ts-expect-error an object is no value: JSON is given as text
void db.sql.query('select ?', [{}]);
// @ts-expect-error nothing is no value: null is
void db.sql.query`select ${undefined}`;
// @ts-expect-error a list of rows of lists stands for nothing
void db.sql.query('select ?', [[[[1]]]]);
// @ts-expect-error rows are streamed by a text, with its options
void db.sql.stream`select 1`;

expectTypeOf(db.twoPhase).toEqualTypeOf<TwoPhase>();
expectTypeOf(db.twoPhase('a', async (tx) => tx.bots.list())).toExtend<TwoPhaseTransaction<unknown>>();
expectTypeOf(db.twoPhase({ gtrid: 'a', bqual: 'b', formatId: 1 }, async () => 7).prepare()).toEqualTypeOf<
  Promise<PreparedTransaction & { readonly result: number }>
>();
expectTypeOf(db.twoPhase.recover()).toEqualTypeOf<Promise<PreparedTransaction[]>>();
expectTypeOf<XidInput>().toEqualTypeOf<string | Xid>();
expectTypeOf<PreparedTransaction>().toHaveProperty('commit').toEqualTypeOf<() => Promise<void>>();
expectTypeOf<TwoPhaseOptions>().toEqualTypeOf<Omit<TransactionOptions, 'readOnly'>>();
expectTypeOf<TransactionOptions>().toHaveProperty('retries').toEqualTypeOf<number | undefined>();
