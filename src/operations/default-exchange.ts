import type { Settings } from '../config/settings.ts';
import type { DefaultExchange } from '../schemas/primitives.ts';

/** The exchange of rows and queries that name none. Logged the first time, since another one may have been meant. */
export function loggedDefaultExchange({
  defaultExchange,
  logger,
}: Pick<Settings, 'defaultExchange' | 'logger'>): DefaultExchange {
  let logged = false;
  return () => {
    if (!logged) {
      logged = true;
      logger.info({ defaultExchange }, 'no exchange was given: defaultExchange is taken, here and from now on');
    }
    return defaultExchange;
  };
}
