import type { Connection } from 'mysql2';

/**
 * Has all that is sent on a connection stay in the encoding it was opened with. The driver would follow the
 * session into another one, which not each of our letters is in, or of which it knows nothing.
 */
export function holdEncoding(connection: Connection): void {
  const { charsetNumber } = connection.config as { readonly charsetNumber?: number };
  Object.defineProperty(connection.config, 'charsetNumber', { get: () => charsetNumber, set: () => undefined });
}
