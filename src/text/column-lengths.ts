/** How many characters the text columns hold; the input schemas check against the same numbers. */
export const EXCHANGE_LENGTH = 32;
export const SYMBOL_LENGTH = 64;
export const TIMEFRAME_LENGTH = 8;
export const PRICE_TYPE_LENGTH = 8;
export const DATA_TYPE_LENGTH = 32;
export const SOURCE_ID_LENGTH = 64;
export const BOT_NAME_LENGTH = 128;
export const STRATEGY_NAME_LENGTH = 128;

/** Bytes a MEDIUMTEXT holds. */
export const RAW_DATA_BYTES = 16_777_215;

/**
 * Every table's collation: text compares byte by byte, so `btc-usdt` and `BTC-USDT` are two symbols. It is
 * the one that MySQL and MariaDB both have under one name; it ignores trailing spaces, so names may not
 * end in one. SQLite compares so by itself.
 */
export const KEY_COLLATION = 'utf8mb4_bin';
