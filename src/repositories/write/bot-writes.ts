import { isDeepStrictEqual } from 'node:util';
import type { LockMode } from '@mikro-orm/core';
import type { Bot } from '../../entities/bot.entity.ts';
import { DatabaseOperationError } from '../../errors/database-operation-error.ts';
import type { Session } from '../../executor/session.ts';
import type { CheckedChanges } from '../../schemas/bot.schema.ts';

// a sum that does not fit its column. Source: ER_WARN_DATA_OUT_OF_RANGE (MySQL, MariaDB); our own code on SQLite
const OUT_OF_RANGE: ReadonlySet<unknown> = new Set([1264, 'DECIMAL_OUT_OF_RANGE']);

// the ORM's own constant would load the ORM before there is a connection
const PESSIMISTIC_WRITE = 3 satisfies LockMode.PESSIMISTIC_WRITE;

/**
 * Locks a bot and reads its latest version, past the transaction's snapshot. Nobody else changes it until the transaction
 * ends. A read-only transaction refuses it.
 */
export async function lockOne({ dialect, em, execute, tables }: Session, id: number): Promise<Bot | null> {
  if (!dialect.lockingReads) {
    // changes nothing, but takes the lock of a write
    await execute(`delete from ${tables.bots.quoted} where 1 = 0`);
  }
  return em.findOne(tables.bots.entity, { id }, { lockMode: PESSIMISTIC_WRITE });
}

/** Writes the fields of a locked bot that differ; returns whether there were any. */
export async function writeChanges({ em }: Session, bot: Bot, changes: CheckedChanges): Promise<boolean> {
  const changed = Object.entries(changes).filter(
    ([field, value]) => !isDeepStrictEqual(bot[field as keyof Bot], value),
  );
  if (changed.length > 0) {
    Object.assign(bot, Object.fromEntries(changed), { updatedAt: new Date() });
    await em.flush();
  }
  return changed.length > 0;
}

/** Adds to a bot's balance in one statement; returns whether the bot exists. */
export async function addToBalance(session: Session, operation: string, id: number, amount: string): Promise<boolean> {
  const { dialect, execute, tables } = session;
  const { id: key, currentBalance: balance, version, updatedAt } = tables.bots.column;
  const { affected } = await execute(
    `update ${tables.bots.quoted} set ${balance.quoted} = ${dialect.decimalSum(balance.name)}, ` +
      `${version.quoted} = ${version.quoted} + 1, ${updatedAt.quoted} = ? where ${key.quoted} = ?`,
    [amount, updatedAt.encode(new Date()), id],
  ).catch((error: unknown) => {
    throw isOutOfRange(error) ? outOfRange(operation, id, amount, error) : error;
  });
  return affected > 0;
}

/** Records a heartbeat where it is later than the stored one; returns whether the bot exists. */
export async function recordHeartbeat({ tables: { bots }, execute }: Session, id: number, at: Date): Promise<boolean> {
  const { id: key, lastHeartbeat } = bots.column;
  const value = lastHeartbeat.encode(at);
  const { affected } = await execute(
    `update ${bots.quoted} set ${lastHeartbeat.quoted} = ? ` +
      `where ${key.quoted} = ? and (${lastHeartbeat.quoted} is null or ${lastHeartbeat.quoted} < ?)`,
    [value, id, value],
  );
  // nothing changed: either a later heartbeat is stored, or the bot does not exist
  return (
    affected > 0 ||
    (await execute(`select 1 as found from ${bots.quoted} where ${key.quoted} = ?`, [id])).rows.length > 0
  );
}

function isOutOfRange(error: unknown): boolean {
  const { errno, code } = error as { readonly errno?: unknown; readonly code?: unknown };
  return OUT_OF_RANGE.has(errno) || OUT_OF_RANGE.has(code);
}

function outOfRange(operation: string, id: number, amount: string, cause: unknown): DatabaseOperationError {
  return new DatabaseOperationError(
    `${operation}: ${amount} more would make currentBalance of bot ${id} a number of more than 18 digits before the point; ` +
      'nothing was changed',
    { operation, kind: 'constraint', attempts: 1, cause },
  );
}
