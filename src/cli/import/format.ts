/** The formats of files to import. An exported spool may hold raw messages too. */
export const FORMATS = ['csv', 'ccxt', 'spool'] as const;
/** One of {@link FORMATS}. */
export type Format = (typeof FORMATS)[number];
