import type { Settings } from '../config/settings.ts';
import type { DefaultExchange } from '../schemas/primitives.ts';

/** The exchange of what names none: the log is told of it the first time, since it may not be the one that was meant. */
export function toldOnce({ defaultExchange, logger }: Pick<Settings, 'defaultExchange' | 'logger'>): DefaultExchange {
  let told = false;
  return () => {
    if (!told) {
      told = true;
      logger.info({ defaultExchange }, 'no exchange was given: defaultExchange is taken, here and from now on');
    }
    return defaultExchange;
  };
}
