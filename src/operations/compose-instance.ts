import type { Settings } from '../config/settings.ts';
import type { DefaultExchange } from '../schemas/primitives.ts';
import { databaseStore } from '../spool/database-store.ts';
import { OpenSpools } from '../spool/open-spools.ts';
import { InFlightTracker } from './in-flight-tracker.ts';
import { OpenWriters } from './open-writers.ts';
import { OperationExecutor } from './operation-executor.ts';
import { RepositorySet } from './repositories.ts';
import { Shutdown } from './shutdown.ts';
import { runTransaction } from './transaction.ts';
import { NO_WRITERS } from './transaction-executor.ts';

export type InstanceParts = ReturnType<typeof composeInstance>;

/** Makes the parts of an instance and connects them: the one place where that happens. Opens nothing. */
export function composeInstance(settings: Settings) {
  const tracker = new InFlightTracker();
  const executor = new OperationExecutor(settings, tracker);
  const defaultExchange = loggedDefaultExchange(settings);
  // what spools drain into: repositories that open no writers
  const drained = new RepositorySet({ executor, writers: NO_WRITERS, defaultExchange });
  const store = databaseStore(drained, (work, options) => runTransaction(executor, drained, work, options));
  const spools = new OpenSpools(settings, { closed: () => tracker.closed, ...store });
  const writers = new OpenWriters(tracker, spools);
  const repositories = drained.on({ executor, writers });
  const shutdown = new Shutdown({ settings, tracker, executor, writers, spools });
  return { tracker, executor, repositories, spools, shutdown };
}

/** The exchange of rows and queries that name none. Logged the first time, since another one may have been meant. */
function loggedDefaultExchange({ defaultExchange, logger }: Settings): DefaultExchange {
  let logged = false;
  return () => {
    if (!logged) {
      logged = true;
      logger.info({ defaultExchange }, 'no exchange was given: defaultExchange is taken, here and from now on');
    }
    return defaultExchange;
  };
}
