import { defined } from '../config/defined.ts';
import type { Bot } from '../entities/bot.entity.ts';
import type { Executor } from '../executor/executor.ts';
import type { Session } from '../executor/session.ts';
import {
  amountSchema,
  type BotChanges,
  type BotConfig,
  type BotFilter,
  type BotInput,
  botChangesSchema,
  botFilterSchema,
  botIdSchema,
  botNameSchema,
  botSchema,
  type CheckedChanges,
  type JsonObject,
  versionedBotSchema,
} from '../schemas/bot.schema.ts';
import {
  changeSchema,
  heartbeatSchema,
  type InstantInput,
  staleSchema,
  updateOptionsSchema,
} from '../schemas/bot-arguments.schema.ts';
import { parse } from '../schemas/parse.ts';
import type { DecimalInput } from '../schemas/primitives.ts';
import { assertVersion, type BotVersions, type Versioned } from './bot-versions.ts';
import { botMessage, type Named, NOT_FOUND, type StoredBot, toStored, type UpdateBotOptions } from './read/bot-rows.ts';
import type { RepositoryContext } from './repository-context.ts';
import { addToBalance, lockOne, recordHeartbeat, writeChanges } from './write/bot-writes.ts';

const READ = { idempotent: true } as const;

/**
 * Bots: the state of trading bots, guarded by a version against lost updates. `update(bot, changes)` relies on the bot as
 * it was read. `modify()` reads and writes in one step. In a transaction every write relies on the bot as the transaction
 * has read it, or the transaction is run again. `update(id, changes)` by the id alone relies on nothing: the last one
 * wins.
 */
export class BotRepository {
  readonly #executor: Executor;
  readonly #schema: ReturnType<typeof botSchema>;
  readonly #versions: BotVersions | undefined;

  /** @param origin the same repository on another executor, whose parts it shares @internal */
  constructor({ executor, defaultExchange, versions }: RepositoryContext, origin?: BotRepository) {
    this.#executor = executor;
    this.#schema = origin === undefined ? botSchema(defaultExchange) : origin.#schema;
    this.#versions = versions;
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
   * @throws InvalidInputError when a field is invalid
   * @throws DuplicateError when the name is taken
   */
  async add<C extends BotConfig>(bot: BotInput<C>): Promise<StoredBot<Named<C>>> {
    const operation = 'bots.add';
    const checked = parse(operation, this.#schema, bot);
    return this.#change(operation, async (session): Promise<StoredBot<Named<C>>> => {
      const now = new Date();
      const entity = session.em.create(session.tables.bots.entity, {
        ...checked,
        lastHeartbeat: null,
        version: 1,
        createdAt: now,
        updatedAt: now,
      });
      await session.em.persist(entity).flush();
      this.#versions?.wrote(entity);
      return toStored(session, entity);
    });
  }

  /**
   * Reads a bot by its id, or `null` when there is none.
   *
   * @example const bot = await db.bots.getById<GridConfig>(1);
   */
  async getById<C extends BotConfig = JsonObject>(id: number): Promise<StoredBot<C> | null> {
    const operation = 'bots.getById';
    return this.#readOne(operation, { id: parse(operation, botIdSchema, id) });
  }

  /**
   * Reads a bot by its exact name, or `null` when there is none. Upper and lower case differ.
   *
   * @example const bot = await db.bots.getByName('grid-1');
   */
  async getByName<C extends BotConfig = JsonObject>(name: string): Promise<StoredBot<C> | null> {
    const operation = 'bots.getByName';
    return this.#readOne(operation, { name: parse(operation, botNameSchema, name) });
  }

  /**
   * Lists bots by ascending id; every condition of the filter must hold.
   *
   * @example const active = await db.bots.list({ status: 'active' });
   */
  async list<C extends BotConfig = JsonObject>(filter: BotFilter = {}): Promise<StoredBot<C>[]> {
    const operation = 'bots.list';
    const { limit, ...conditions } = parse(operation, botFilterSchema, filter);
    return this.#executor.run(operation, READ, async (session) => {
      const bots = await session.em.find(session.tables.bots.entity, defined(conditions), {
        orderBy: { id: 'asc' },
        ...defined({ limit }),
      });
      return bots.map((bot) => this.#toCaller(session, bot));
    });
  }

  /**
   * Changes fields of a bot that was read: it fails when somebody else has changed the bot since. By the id alone, and
   * outside a transaction that has read the bot, the last one wins, field by field: that is for values that do not depend
   * on what is stored. To add to a balance use `adjustBalance()` or `modify()`.
   *
   * @example
   * ```ts
   * const bot = await db.bots.getByName('grid-1');
   * await db.bots.update(bot, { status: 'paused' });        // as it was read, or a ConflictError
   * await db.bots.update(bot.id, { status: 'paused' });     // whatever is stored
   * await db.bots.update(1, { status: 'paused' }, { expectedVersion: 3 });
   * ```
   *
   * @returns the bot as it is stored now, its version one higher if anything changed; `null` when there is none
   * @throws InvalidInputError when a field is invalid or none is given
   * @throws ConflictError when the stored version is not the expected one; in a transaction that has read the bot at the
   *   expected version, only when running the transaction again has not helped
   * @throws DuplicateError when the new name is taken
   */
  async update<C extends BotConfig = JsonObject>(
    bot: number | StoredBot<C>,
    changes: BotChanges,
    options: UpdateBotOptions = {},
  ): Promise<StoredBot<C> | null> {
    const operation = 'bots.update';
    const { id, version }: Partial<Versioned> =
      typeof bot === 'object' && bot !== null
        ? parse(operation, versionedBotSchema, bot)
        : { id: parse(operation, botIdSchema, bot) };
    const checked = parse(operation, botChangesSchema, changes);
    const { expectedVersion = version } = parse(operation, updateOptionsSchema, options);
    return this.#change(operation, async (session): Promise<StoredBot<C> | null> => {
      const stored = await lockOne(session, id);
      if (stored === null) {
        return null;
      }
      assertVersion(operation, stored, this.#versions, expectedVersion);
      return this.#apply(session, stored, checked);
    });
  }

  /**
   * Reads a bot, calls a function for the changes, and writes them: nobody changes the bot in between. The function must
   * have no side effects, since it is called again where the database has undone the first attempt.
   *
   * @example await db.bots.modify(1, ({ config }) => ({ config: { ...config, grids: 12 } }));
   * @param change returns the changes, or nothing where there are none. It must not be asynchronous, since the bot is
   *   locked meanwhile: for that, read the bot in a transaction and `update()` it there
   * @returns the bot as it is stored now; `null` when there is none
   * @throws InvalidInputError when a change is invalid. What the function throws comes out unchanged. Nothing is written
   *   in either case
   * @throws DuplicateError when the new name is taken
   */
  async modify<C extends BotConfig = JsonObject>(
    id: number,
    change: (bot: StoredBot<C>) => BotChanges | null | undefined,
  ): Promise<StoredBot<C> | null> {
    const operation = 'bots.modify';
    const checkedId = parse(operation, botIdSchema, id);
    parse(operation, changeSchema, change);
    let thrown: { readonly error: unknown } | undefined;
    const stored = await this.#inTransaction(operation, async (session): Promise<StoredBot<C> | null> => {
      thrown = undefined;
      const bot = await lockOne(session, checkedId);
      if (bot === null) {
        return null;
      }
      assertVersion(operation, bot, this.#versions);
      let changes: BotChanges | null | undefined;
      try {
        changes = change(this.#toCaller(session, bot));
      } catch (error) {
        // the caller's own error: neither retried nor translated
        thrown = { error };
        return null;
      }
      return changes == null
        ? this.#toCaller(session, bot)
        : this.#apply(session, bot, parse(operation, botChangesSchema, changes));
    });
    if (thrown !== undefined) {
      throw (thrown as { readonly error: unknown }).error;
    }
    this.#executor.debug(operation, () => botMessage(stored));
    return stored;
  }

  /**
   * Adds to a bot's current balance, exactly and in one statement: concurrent changes are all counted. It is a change of
   * the bot, so the version is one higher afterwards. The balance may become negative.
   *
   * @example await db.bots.adjustBalance(bot.id, '-1.25');
   * @param by a decimal with at most 18 digits before and after the point, negative to take away
   * @returns the bot as it is stored now; `null` when there is none
   * @throws InvalidInputError when the amount is invalid
   * @throws DatabaseOperationError of kind `constraint` when the balance would have more than 18 digits before the
   *   point; of kind `connection` when the connection was lost during the commit: then it is not known whether the
   *   change was stored, and it is not retried
   */
  async adjustBalance<C extends BotConfig = JsonObject>(id: number, by: DecimalInput): Promise<StoredBot<C> | null> {
    const operation = 'bots.adjustBalance';
    const checkedId = parse(operation, botIdSchema, id);
    const amount = parse(operation, amountSchema, by);
    return this.#change(operation, async (session): Promise<StoredBot<C> | null> => {
      if (!(await addToBalance(session, operation, checkedId, amount))) {
        return null;
      }
      const bot = await session.em.findOneOrFail(session.tables.bots.entity, { id: checkedId });
      this.#versions?.adjusted(bot);
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
    const operation = 'bots.delete';
    const checked = parse(operation, botIdSchema, id);
    const deleted = await this.#inTransaction(operation, async (session) => {
      if (this.#versions?.of(checked) !== undefined) {
        const bot = await lockOne(session, checked);
        if (bot !== null) {
          assertVersion(operation, bot, this.#versions);
        }
      }
      return (await session.em.nativeDelete(session.tables.bots.entity, { id: checked })) > 0;
    });
    this.#executor.debug(operation, () => (deleted ? `deleted bot ${checked}` : NOT_FOUND));
    return deleted;
  }

  /**
   * Records that a bot is alive. The heartbeat only moves forward in time, and leaves `version` and `updatedAt` as they
   * are: a heartbeat each second must not turn other updates into conflicts.
   *
   * @example await db.bots.recordHeartbeat(bot.id);
   * @param at when it was alive; now by default
   * @returns whether there is such a bot
   */
  async recordHeartbeat(id: number, at?: InstantInput): Promise<boolean> {
    const operation = 'bots.recordHeartbeat';
    const checkedId = parse(operation, botIdSchema, id);
    const time = parse(operation, heartbeatSchema, at) ?? new Date();
    const recorded = await this.#executor.run(operation, { idempotent: true }, (session) =>
      recordHeartbeat(session, checkedId, time),
    );
    this.#executor.debug(operation, () => (recorded ? `stored heartbeat of bot ${checkedId}` : NOT_FOUND));
    return recorded;
  }

  /**
   * Lists the bots that have sent no heartbeat for some time. Inactive bots are left out. For a bot that never sent one,
   * the time since it was added counts.
   *
   * @example const silent = await db.bots.findStale(60_000); // for more than a minute
   * @param olderThanMs milliseconds since the last heartbeat
   */
  async findStale<C extends BotConfig = JsonObject>(olderThanMs: number): Promise<StoredBot<C>[]> {
    const operation = 'bots.findStale';
    const before = new Date(Date.now() - parse(operation, staleSchema, olderThanMs));
    return this.#executor.run(operation, READ, async (session) => {
      const bots = await session.em.find(
        session.tables.bots.entity,
        {
          status: { $ne: 'inactive' },
          $or: [{ lastHeartbeat: { $lt: before } }, { lastHeartbeat: null, createdAt: { $lt: before } }],
        },
        { orderBy: { id: 'asc' } },
      );
      return bots.map((bot) => this.#toCaller(session, bot));
    });
  }

  #readOne<C extends BotConfig>(operation: string, condition: Partial<Bot>): Promise<StoredBot<C> | null> {
    return this.#executor.run(operation, READ, async (session) => {
      const bot = await session.em.findOne(session.tables.bots.entity, condition);
      return bot === null ? null : this.#toCaller<C>(session, bot);
    });
  }

  /** A bot as the caller gets it. In a transaction its version is remembered: later writes rely on it. */
  #toCaller<C extends BotConfig>(session: Session, bot: Bot): StoredBot<C> {
    this.#versions?.read(bot);
    return toStored(session, bot);
  }

  async #apply<C extends BotConfig>(session: Session, bot: Bot, changes: CheckedChanges): Promise<StoredBot<C>> {
    if (await writeChanges(session, bot, changes)) {
      this.#versions?.wrote(bot);
    }
    return toStored(session, bot);
  }

  /** A change of one bot, which is logged. */
  async #change<B extends Versioned | null>(operation: string, work: (session: Session) => Promise<B>): Promise<B> {
    const stored = await this.#inTransaction(operation, work);
    this.#executor.debug(operation, () => botMessage(stored));
    return stored;
  }

  /** Runs work in a transaction of its own. It may be retried until the commit is sent, and not after that. */
  #inTransaction<T>(operation: string, work: (session: Session) => Promise<T>): Promise<T> {
    let committing = false;
    return this.#executor.run(operation, { idempotent: () => !committing, atomic: true }, async (session) => {
      committing = false;
      await session.assertNoDrift(session.tables.bots);
      const result = await work(session);
      committing = true;
      return result;
    });
  }
}
