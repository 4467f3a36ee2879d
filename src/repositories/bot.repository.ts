import { isDeepStrictEqual } from 'node:util';
import { LockMode, OptimisticLockError } from '@mikro-orm/core';
import { quote } from '../dialects/dialect.ts';
import { Bot } from '../entities/bot.entity.ts';
import { ConflictError } from '../errors/conflict-error.ts';
import {
  type BotChanges,
  type BotConfig,
  type BotFilter,
  type BotInput,
  botChangesSchema,
  botFilterSchema,
  botIdSchema,
  botNameSchema,
  botSchema,
} from '../schemas/bot.schema.ts';
import {
  heartbeatSchema,
  type InstantInput,
  staleSchema,
  updateOptionsSchema,
} from '../schemas/bot-arguments.schema.ts';
import { parse } from '../schemas/parse.ts';
import type { Timeframe } from '../time/timeframe.ts';
import { BaseRepository } from './base.repository.ts';
import type { Runner, Session } from './session.ts';

/** A stored bot. A plain object: changing it changes nothing in the database. */
export type StoredBot = Readonly<Omit<Bot, 'timeframe' | 'config'>> & {
  readonly timeframe: Timeframe;
  readonly config: BotConfig | null;
};

/** What an update relies on. */
export interface UpdateBotOptions {
  /** Fails with a `ConflictError` unless the stored version is this one. @default whatever is stored when it is read */
  readonly expectedVersion?: number | undefined;
}

/** Bots: the state of trading bots, guarded by a version against concurrent changes. */
export class BotRepository extends BaseRepository {
  readonly #schema;

  /** @internal */
  constructor(runner: Runner, defaultExchange: string) {
    super('bots', runner, defaultExchange);
    this.#schema = botSchema(defaultExchange);
  }

  /**
   * Adds a bot.
   *
   * @example
   * ```ts
   * const bot = await db.bots.add({
   *   name: 'grid-1', strategyName: 'grid', symbol: 'BTC-USDT', timeframe: '5m', virtualBalance: '1000',
   * });
   * ```
   *
   * @returns the bot as it is stored, with its id and version 1
   * @throws InvalidInputError when a field is faulty
   * @throws DuplicateError when the name is taken
   */
  async add(bot: BotInput): Promise<StoredBot> {
    const checked = parse(this.operation('add'), this.#schema, bot);
    return this.#change('add', async (session, beforeWriting) => {
      const now = new Date();
      const entity = session.em.create(Bot, {
        ...checked,
        lastHeartbeat: null,
        version: 1,
        createdAt: now,
        updatedAt: now,
      });
      beforeWriting();
      await session.em.persist(entity).flush();
      return toStored(session, entity);
    });
  }

  /**
   * Reads a bot by its id, or `null` when there is none.
   *
   * @example const bot = await db.bots.getById(1);
   */
  async getById(id: number): Promise<StoredBot | null> {
    const checked = parse(this.operation('getById'), botIdSchema, id);
    return this.read('getById', (session) => findOne(session, { id: checked }));
  }

  /**
   * Reads a bot by its name, letter by letter, or `null` when there is none.
   *
   * @example const bot = await db.bots.getByName('grid-1');
   */
  async getByName(name: string): Promise<StoredBot | null> {
    const checked = parse(this.operation('getByName'), botNameSchema, name);
    return this.read('getByName', (session) => findOne(session, { name: checked }));
  }

  /**
   * Lists bots by ascending id; every condition of the filter must hold.
   *
   * @example const active = await db.bots.list({ status: 'active' });
   */
  async list(filter: BotFilter = {}): Promise<StoredBot[]> {
    const { limit, ...conditions } = parse(this.operation('list'), botFilterSchema, filter);
    return this.read('list', async (session) => {
      const bots = await session.em.find(Bot, given(conditions), {
        orderBy: { id: 'asc' },
        ...(limit === undefined ? {} : { limit }),
      });
      return bots.map((bot) => toStored(session, bot));
    });
  }

  /**
   * Changes fields of a bot. A change that somebody else makes meanwhile is never overwritten unseen.
   *
   * @example
   * ```ts
   * const bot = await db.bots.getByName('grid-1');
   * await db.bots.update(bot.id, { status: 'paused' }, { expectedVersion: bot.version });
   * ```
   *
   * @returns the bot as it is stored now, its version one higher if anything changed; `null` when there is none
   * @throws InvalidInputError when a field is faulty or none is given
   * @throws ConflictError when the stored version is not the expected one, or changed meanwhile
   * @throws DuplicateError when the new name is taken
   */
  async update(id: number, changes: BotChanges, options: UpdateBotOptions = {}): Promise<StoredBot | null> {
    const operation = this.operation('update');
    const checkedId = parse(operation, botIdSchema, id);
    const checked = parse(operation, botChangesSchema, changes);
    const { expectedVersion } = parse(operation, updateOptionsSchema, options);
    return this.#change('update', async (session, beforeWriting) => {
      // locked, so that it is the row as it is now and not as an older snapshot shows it
      const bot = await session.em.findOne(Bot, { id: checkedId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (bot === null) {
        return null;
      }
      if (expectedVersion !== undefined && bot.version !== expectedVersion) {
        throw new ConflictError(
          operation,
          `bot ${id} is at version ${bot.version}, not ${expectedVersion}; read it again and decide anew`,
          {
            expected: expectedVersion,
            actual: bot.version,
          },
        );
      }
      const changed = Object.entries(checked).filter(
        ([field, value]) => !isDeepStrictEqual(bot[field as keyof Bot], value),
      );
      if (changed.length > 0) {
        Object.assign(bot, Object.fromEntries(changed), { updatedAt: new Date() });
        beforeWriting();
        await flush(session, operation, bot);
      }
      return toStored(session, bot);
    });
  }

  /**
   * Deletes a bot.
   *
   * @example if (await db.bots.delete(1)) console.log('gone');
   * @returns whether there was one
   */
  async delete(id: number): Promise<boolean> {
    const checked = parse(this.operation('delete'), botIdSchema, id);
    return this.#change('delete', async ({ em }, beforeWriting) => {
      beforeWriting();
      return (await em.nativeDelete(Bot, { id: checked })) > 0;
    });
  }

  /**
   * Notes that a bot is alive. It only moves forward in time, and leaves `version` and `updatedAt` as they
   * are: a heartbeat each second must not make everybody else's update a conflict.
   *
   * @example await db.bots.recordHeartbeat(bot.id);
   * @param at when it was alive; now by default
   * @returns whether there is such a bot
   */
  async recordHeartbeat(id: number, at?: InstantInput): Promise<boolean> {
    const operation = this.operation('recordHeartbeat');
    const checkedId = parse(operation, botIdSchema, id);
    const time = parse(operation, heartbeatSchema, at) ?? new Date();
    return this.run('recordHeartbeat', { idempotent: true }, async ({ tables: { bots }, execute }) => {
      const table = quote(bots.name);
      const key = quote(bots.column('id').name);
      const heartbeat = bots.column('lastHeartbeat');
      const column = quote(heartbeat.name);
      const value = heartbeat.encode(time);
      const { affected } = await execute(
        `update ${table} set ${column} = ? where ${key} = ? and (${column} is null or ${column} < ?)`,
        [value, checkedId, value],
      );
      // nothing changed: either the bot has a later heartbeat already, or there is no such bot
      return (
        affected > 0 || (await execute(`select 1 as found from ${table} where ${key} = ?`, [checkedId])).rows.length > 0
      );
    });
  }

  /**
   * Lists the bots that should be alive and gave no sign of it for a time: all but the inactive ones. A bot
   * that never gave any counts from when it was added.
   *
   * @example const silent = await db.bots.findStale(60_000); // for more than a minute
   * @param olderThanMs milliseconds since the last heartbeat
   */
  async findStale(olderThanMs: number): Promise<StoredBot[]> {
    const age = parse(this.operation('findStale'), staleSchema, olderThanMs);
    const before = new Date(Date.now() - age);
    return this.read('findStale', async (session) => {
      const bots = await session.em.find(
        Bot,
        {
          status: { $ne: 'inactive' },
          $or: [{ lastHeartbeat: { $lt: before } }, { lastHeartbeat: null, createdAt: { $lt: before } }],
        },
        { orderBy: { id: 'asc' } },
      );
      return bots.map((bot) => toStored(session, bot));
    });
  }

  /** A change, in a transaction of its own: until it writes it may be begun anew, and afterwards it may not. */
  #change<T>(method: string, work: (session: Session, beforeWriting: () => void) => Promise<T>): Promise<T> {
    let writing = false;
    const idempotent = (): boolean => !writing;
    return this.run(method, { idempotent, atomic: true }, (session) => {
      writing = false;
      return work(session, () => {
        writing = true;
      });
    });
  }
}

async function findOne(
  session: Session,
  condition: { readonly id: number } | { readonly name: string },
): Promise<StoredBot | null> {
  const bot = await session.em.findOne(Bot, condition);
  return bot === null ? null : toStored(session, bot);
}

async function flush(session: Session, operation: string, bot: Bot): Promise<void> {
  try {
    await session.em.flush();
  } catch (error) {
    // the ORM's own error, which has no code: the version in the condition met no row
    if (error instanceof OptimisticLockError) {
      throw new ConflictError(
        operation,
        `bot ${bot.id} was changed by somebody else meanwhile; read it again and decide anew`,
        {
          cause: error,
        },
      );
    }
    throw error;
  }
}

function toStored({ tables }: Session, bot: Bot): StoredBot {
  const fields = tables.bots.columns.map(({ property }) => [property, bot[property as keyof Bot] ?? null]);
  return Object.fromEntries(fields) as StoredBot;
}

function given<T extends object>(conditions: T): Partial<T> {
  return Object.fromEntries(Object.entries(conditions).filter(([, value]) => value !== undefined)) as Partial<T>;
}
