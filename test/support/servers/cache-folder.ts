import { join } from 'node:path';

/** Server programs and prepared data directories; it may be removed at any time to get new ones. */
export const cacheFolder = join(import.meta.dirname, '../../../.cache/servers');
