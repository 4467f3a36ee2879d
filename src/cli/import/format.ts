/** The formats of a file of candles; that of a spool holds raw messages too. */
export const FORMATS = ['csv', 'ccxt', 'spool'] as const;
/** One of {@link FORMATS}. */
export type Format = (typeof FORMATS)[number];
