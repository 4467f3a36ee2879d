import { withTimeout } from '../../async/waiting.ts';
import type { PoolSettings } from '../../config/settings.ts';
import { CLOSES, OPENS, traced } from '../../telemetry/channels.ts';
import type { PhysicalConnection } from '../physical-connection.ts';
import { type ConnectionSource, NONE_UNFINISHED, type UnfinishedStatements } from './connection-source.ts';
import { noneFree, poolClosed } from './pool-errors.ts';

/** A pool's present state. */
export interface PoolState {
  /** Open connections. */
  readonly size: number;
  /** Idle connections. */
  readonly free: number;
  /** Callers that wait for a connection. */
  readonly pending: number;
}

/** What the pool keeps about one of its connections. */
interface Member {
  readonly generation: number;
  /** When it is due for replacement. */
  readonly expiresAt: number;
  lent: boolean;
  freeSince: number;
}

/** A connection used this recently is taken to be alive. Checking it would double the time of a quick statement. */
const RECENTLY_USED_MS = 500;
/** Connections opened together are replaced within this fraction of their age, not all at once. */
const RECYCLE_SPREAD = 0.1;
const REAP_INTERVAL_MS = 1_000;
/** A frozen server does not answer the closing of a connection either. */
const CLOSE_TIMEOUT_MS = 2_000;

/**
 * Lends connections in the order of the requests. A free one is lent at once, and only a caller that has to wait gets
 * a timer: a timer for each loan would cost a tenth of the time of a quick statement.
 *
 * @internal
 */
export class ConnectionPool implements ConnectionSource {
  readonly #create: () => Promise<PhysicalConnection>;
  readonly #settings: PoolSettings;
  readonly #unfinished: UnfinishedStatements;
  readonly #members = new Map<PhysicalConnection, Member>();
  /** The last used connection is last and lent first, so that the others become idle and are closed. */
  readonly #free: PhysicalConnection[] = [];
  /** Callers that wait, in the order in which they came, by the timer that ends their wait. */
  readonly #queue = new Map<NodeJS.Timeout, PromiseWithResolvers<PhysicalConnection>>();
  readonly #closing = new Map<PhysicalConnection, Promise<void>>();
  readonly #openings = new Set<Promise<PhysicalConnection>>();
  /** Connections that are being checked or reset. Like those being opened, they are on their way to a waiting caller. */
  #inMaintenance = 0;
  #waitsForServer = false;
  #generation = 0;
  #reaper: NodeJS.Timeout | undefined;
  #destroyed = false;
  readonly #drained = Promise.withResolvers<void>();

  /** @param unfinished nothing is lent while it is not empty */
  constructor(create: () => Promise<PhysicalConnection>, settings: PoolSettings, unfinished = NONE_UNFINISHED) {
    this.#create = create;
    this.#settings = settings;
    this.#unfinished = unfinished;
  }

  /**
   * Lends a connection.
   *
   * @throws what {@link noneFree} makes when none became free in time, and whatever opening a connection throws
   */
  async acquire(): Promise<PhysicalConnection> {
    if (this.#destroyed) {
      throw poolClosed();
    }
    // the queue goes first, also when a connection has just become free
    const free = this.#queue.size === 0 && this.#unfinished.size === 0 ? this.#takeFree() : undefined;
    if (free !== undefined) {
      return free;
    }
    const waiter = Promise.withResolvers<PhysicalConnection>();
    const timer = setTimeout(() => {
      this.#queue.delete(timer);
      waiter.reject(this.#noneFree());
    }, this.#settings.acquireTimeoutMs);
    this.#queue.set(timer, waiter);
    this.#serveQueue();
    return waiter.promise;
  }

  /**
   * Takes a connection back.
   *
   * @param dirty whether its session may have changed: it is then reset before it is lent again
   */
  release(connection: PhysicalConnection, dirty = false): void {
    const member = this.#members.get(connection);
    // after a forced close connections come back late
    if (member?.lent !== true) {
      return;
    }
    member.lent = false;
    if (dirty && connection.usable && connection.reset !== undefined) {
      void this.#maintain(connection, connection.reset());
    } else {
      this.#makeAvailable(connection, member);
      if (this.#queue.size > 0) {
        this.#serveQueue();
      }
    }
  }

  /** Waits until the minimum of connections is open, as far as they can be opened. */
  async filled(): Promise<void> {
    this.#fill();
    await Promise.allSettled(this.#openings);
  }

  get state(): PoolState {
    return { size: this.#members.size, free: this.#free.length, pending: this.#queue.size };
  }

  /** How many more connections could be lent now without making another caller wait. */
  get spare(): number {
    return Math.max(0, this.#settings.max - (this.#members.size - this.#free.length) - this.#queue.size);
  }

  /** Closes the idle connections now, and those in use when they come back. */
  clear(): void {
    this.#generation += 1;
    this.#dropFreeUnless((connection, member) => this.#isGood(connection, member));
  }

  /** Waits for the connections in use to come back, then closes all; `force` closes them at once. */
  async destroy(force = false): Promise<void> {
    this.#destroyed = true;
    clearInterval(this.#reaper);
    this.#rejectQueue(poolClosed());
    this.#dropFreeUnless(() => false);
    if (force) {
      for (const connection of [...this.#members.keys(), ...this.#closing.keys()]) {
        connection.abort();
      }
      // a caller may never return its connection, and a server may never answer: the pool waits for neither
      this.#members.clear();
      this.#drained.resolve();
      return;
    }
    this.#resolveWhenDrained();
    await this.#drained.promise;
    await Promise.all(this.#closing.values());
  }

  #noneFree(): Error {
    const lent = this.#members.size - this.#free.length - this.#inMaintenance;
    const active = [...this.#members].filter(([{ silent }, member]) => member.lent && silent !== true).length;
    const [canLend, waiting] = [this.#unfinished.size === 0, this.#queue.size];
    return noneFree({ ...this.#settings, canLend, lent, active, waiting });
  }

  /** Ensures that a connection is on its way for each waiting caller, as far as the limit allows. */
  #serveQueue(): void {
    if (this.#unfinished.size > 0) {
      void this.#waitForUnfinished();
      return;
    }
    while (!this.#destroyed && this.#queue.size > this.#openings.size + this.#inMaintenance) {
      const ready = this.#takeFree();
      const unchecked = ready === undefined ? this.#free.pop() : undefined;
      if (ready !== undefined) {
        this.#nextWaiter()?.resolve(ready);
      } else if (unchecked !== undefined) {
        void this.#maintain(unchecked, this.#isAlive(unchecked));
      } else if (this.#members.size + this.#openings.size < this.#settings.max) {
        void this.#open();
      } else {
        return;
      }
    }
  }

  /** Callers in the queue also wait for the unfinished statements. */
  async #waitForUnfinished(): Promise<void> {
    if (this.#waitsForServer || this.#queue.size === 0) {
      return;
    }
    this.#waitsForServer = true;
    try {
      await this.#unfinished.waitUntilFinished(() => this.#destroyed);
    } catch (error) {
      // idle connections may be what the server has too many of, and are dead if it is gone
      this.#dropFreeUnless(() => false);
      this.#rejectQueue(error);
    }
    this.#waitsForServer = false;
    this.#serveQueue();
  }

  /** Takes the first caller out of the queue. */
  #nextWaiter(): PromiseWithResolvers<PhysicalConnection> | undefined {
    const [[timer, waiter] = []] = this.#queue;
    if (timer !== undefined) {
      clearTimeout(timer);
      this.#queue.delete(timer);
    }
    return waiter;
  }

  #rejectQueue(error: unknown): void {
    for (let waiter = this.#nextWaiter(); waiter !== undefined; waiter = this.#nextWaiter()) {
      waiter.reject(error);
    }
  }

  /** Lends a free connection that needs no check, if there is one. */
  #takeFree(): PhysicalConnection | undefined {
    for (let connection = this.#free.at(-1); connection !== undefined; connection = this.#free.at(-1)) {
      const member = this.#members.get(connection) as Member;
      const good = this.#isGood(connection, member);
      const doubtful = this.#settings.preConnectCheck && performance.now() - member.freeSince >= RECENTLY_USED_MS;
      if (good && doubtful && connection.check !== undefined) {
        return undefined;
      }
      this.#free.pop();
      if (good) {
        member.lent = true;
        return connection;
      }
      this.#drop(connection);
    }
    return undefined;
  }

  /** Lends a new or returned connection to the first waiting caller, or keeps it as free. */
  #makeAvailable(connection: PhysicalConnection, member: Member): void {
    if (this.#destroyed || !this.#isGood(connection, member)) {
      this.#drop(connection);
      return;
    }
    if (this.#queue.size > 0 && this.#unfinished.size === 0) {
      member.lent = true;
      this.#nextWaiter()?.resolve(connection);
      return;
    }
    member.freeSince = performance.now();
    this.#free.push(connection);
    this.#reaper ??= setInterval(() => this.#reap(), REAP_INTERVAL_MS).unref();
  }

  async #open(): Promise<void> {
    const generation = this.#generation;
    const opening = traced(OPENS, () => ({}), this.#create);
    this.#openings.add(opening);
    const [opened] = await Promise.allSettled([opening]);
    this.#openings.delete(opening);
    if (opened.status === 'rejected') {
      // the next caller may have more luck, or gets an error of its own
      this.#nextWaiter()?.reject(opened.reason);
    } else {
      const { recycleMs } = this.#settings;
      const age = recycleMs > 0 ? recycleMs * (1 - RECYCLE_SPREAD * Math.random()) : Number.POSITIVE_INFINITY;
      const member = { generation, expiresAt: performance.now() + age, lent: false, freeSince: 0 };
      this.#members.set(opened.value, member);
      this.#makeAvailable(opened.value, member);
      this.#fill();
    }
    this.#serveQueue();
    this.#resolveWhenDrained();
  }

  /** Waits until a connection that is not lent was checked or reset, then lends or drops it. */
  async #maintain(connection: PhysicalConnection, work: Promise<unknown>): Promise<void> {
    this.#inMaintenance += 1;
    // one that holds the data itself is kept in any case
    const good = await work.catch(() => !connection.replaceable);
    this.#inMaintenance -= 1;
    const member = this.#members.get(connection);
    if (member !== undefined && good !== false) {
      this.#makeAvailable(connection, member);
    } else {
      this.#drop(connection);
    }
    this.#serveQueue();
  }

  /** Whether a connection responds. If not, the other idle ones are checked too: a silent network delays each check. */
  async #isAlive(connection: PhysicalConnection): Promise<boolean> {
    const alive = (await connection.check?.().catch(() => false)) !== false;
    for (const other of alive ? [] : this.#free.splice(0)) {
      void this.#maintain(other, other.check?.() ?? Promise.resolve());
    }
    return alive;
  }

  /** Opens the minimum of connections. Errors surface at the next acquire. */
  #fill(): void {
    while (!this.#destroyed && this.#members.size + this.#openings.size < this.#settings.min) {
      void this.#open();
    }
  }

  #reap(): void {
    const now = performance.now();
    const { min, idleTimeoutMs } = this.#settings;
    let surplus = this.#members.size - min;
    this.#dropFreeUnless((connection, member) => {
      const idle = surplus > 0 && now - member.freeSince >= idleTimeoutMs;
      const keep = this.#isGood(connection, member) && !idle;
      surplus -= keep ? 0 : 1;
      return keep;
    });
    this.#fill();
    if (this.#members.size + min === 0) {
      clearInterval(this.#reaper);
      this.#reaper = undefined;
    }
  }

  /** Drops free connections unless they are to be kept, the one that was idle longest first. */
  #dropFreeUnless(keep: (connection: PhysicalConnection, member: Member) => boolean): void {
    for (const connection of this.#free.splice(0)) {
      if (keep(connection, this.#members.get(connection) as Member)) {
        this.#free.push(connection);
      } else {
        this.#drop(connection);
      }
    }
  }

  #isGood(connection: PhysicalConnection, { generation, expiresAt }: Member): boolean {
    const current = generation === this.#generation && performance.now() < expiresAt;
    return connection.usable && (current || !connection.replaceable);
  }

  #drop(connection: PhysicalConnection): void {
    CLOSES.publish({});
    this.#members.delete(connection);
    const closed = withTimeout(CLOSE_TIMEOUT_MS, () => connection.close())
      .catch(() => connection.abort())
      .finally(() => this.#closing.delete(connection));
    this.#closing.set(connection, closed);
    this.#resolveWhenDrained();
  }

  #resolveWhenDrained(): void {
    if (this.#destroyed && this.#members.size === 0 && this.#openings.size === 0) {
      this.#drained.resolve();
    }
  }
}
