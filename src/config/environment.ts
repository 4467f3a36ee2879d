/** `true` or `1` logs every statement; other programs' uses of the variable are left alone. */
export const DEBUG_VARIABLE = 'DEBUG';

interface Variable {
  readonly variable: string;
  /** The value, or `undefined` where the text is none. */
  readonly parse: (text: string) => unknown;
  readonly expected: string;
  readonly secret: boolean;
}

const text = (variable: string, secret = false): Variable => ({
  variable,
  parse: (value) => value,
  expected: 'text',
  secret,
});

const whole = (variable: string, least: number, most: number, unit = ''): Variable => ({
  variable,
  parse: (value) =>
    /^\d{1,10}$/.test(value) && Number(value) >= least && Number(value) <= most ? Number(value) : undefined,
  expected: `a whole number from ${least} to ${most}${unit}`,
  secret: false,
});

const milliseconds = (variable: string, least = 1): Variable =>
  whole(variable, least, 2_147_483_647, ' (milliseconds)');

const yesOrNo = (variable: string): Variable => ({
  variable,
  parse: (value) => (/^(1|true|yes|on)$/i.test(value) ? true : /^(0|false|no|off)$/i.test(value) ? false : undefined),
  expected: 'true or false',
  secret: false,
});

/** Yes, no, or another word. */
const choice = (variable: string, word: string): Variable => ({
  ...yesOrNo(variable),
  parse: (value) => (value.toLowerCase() === word ? word : yesOrNo(variable).parse(value)),
  expected: `true, false or ${word}`,
});

const list = (variable: string, between: RegExp, expected: string): Variable => ({
  variable,
  parse: (value) =>
    value
      .trim()
      .split(between)
      .filter((part) => part !== ''),
  expected,
  secret: false,
});

/** Characters an exchange's name may have, as its column has them. */
export const EXCHANGE_LENGTH = 32;

/** True for text that may be an exchange's name. */
export function isExchange(value: string): boolean {
  return (
    value !== '' &&
    [...value].length <= EXCHANGE_LENGTH &&
    value.trim() === value &&
    value.isWellFormed() &&
    !value.includes('\0')
  );
}

/** The environment variable of each setting. `.env.example` lists the same names; a test compares them. */
export const ENVIRONMENT = {
  url: text('DATABASE_URL', true),
  host: text('DB_HOST'),
  port: whole('DB_PORT', 1, 65_535),
  database: text('DB_NAME'),
  user: text('DB_USER'),
  password: text('DB_PASSWORD', true),
  socketPath: text('DB_SOCKET'),
  optionFile: text('DB_OPTION_FILE'),
  optionGroup: text('DB_OPTION_GROUP'),
  'tls.enabled': choice('DB_TLS', 'remote'),
  'tls.ca': text('DB_TLS_CA', true),
  'tls.cert': text('DB_TLS_CERT', true),
  'tls.key': text('DB_TLS_KEY', true),
  'tls.passphrase': text('DB_TLS_PASSPHRASE', true),
  'tls.verify': choice('DB_TLS_VERIFY', 'ca'),
  'tls.serverName': text('DB_TLS_SERVER_NAME'),
  charset: text('DB_CHARSET'),
  sqlMode: list('DB_SQL_MODE', /\s*,\s*/, 'modes with commas between them'),
  initStatements: list('DB_INIT_STATEMENTS', /\s*;\s*/, 'statements with semicolons between them'),
  compress: choice('DB_COMPRESS', 'zlib'),
  'pool.min': whole('DB_POOL_MIN', 0, 10_000),
  'pool.max': whole('DB_POOL_MAX', 1, 10_000),
  'pool.acquireTimeoutMs': milliseconds('DB_ACQUIRE_TIMEOUT_MS'),
  'pool.idleTimeoutMs': milliseconds('DB_IDLE_TIMEOUT_MS'),
  'pool.recycleMs': milliseconds('DB_POOL_RECYCLE_MS', 0),
  'pool.preConnectCheck': yesOrNo('DB_PRE_CONNECT_CHECK'),
  connectTimeoutMs: milliseconds('DB_CONNECT_TIMEOUT_MS'),
  connectRetries: whole('DB_CONNECT_RETRIES', 0, 10_000),
  queryTimeoutMs: milliseconds('DB_QUERY_TIMEOUT_MS', 0),
  statementTimeoutMs: milliseconds('DB_STATEMENT_TIMEOUT_MS', 0),
  silenceCheckMs: milliseconds('DB_SILENCE_CHECK_MS', 0),
  'retry.contention.attempts': whole('DB_RETRY_CONTENTION_ATTEMPTS', 1, 10_000),
  'retry.contention.baseDelayMs': milliseconds('DB_RETRY_CONTENTION_BASE_DELAY_MS', 0),
  'retry.contention.maxDelayMs': milliseconds('DB_RETRY_CONTENTION_MAX_DELAY_MS', 0),
  'retry.contention.maxElapsedMs': milliseconds('DB_RETRY_CONTENTION_MAX_ELAPSED_MS', 0),
  'retry.outage.attempts': whole('DB_RETRY_OUTAGE_ATTEMPTS', 1, 10_000),
  'retry.outage.baseDelayMs': milliseconds('DB_RETRY_OUTAGE_BASE_DELAY_MS', 0),
  'retry.outage.maxDelayMs': milliseconds('DB_RETRY_OUTAGE_MAX_DELAY_MS', 0),
  'retry.outage.maxElapsedMs': milliseconds('DB_RETRY_OUTAGE_MAX_ELAPSED_MS', 0),
  migrationLockTimeoutMs: milliseconds('DB_MIGRATION_LOCK_TIMEOUT_MS', 0),
  statsBudgetMs: milliseconds('STATS_BUDGET_MS'),
  shutdownTimeoutMs: milliseconds('DB_SHUTDOWN_TIMEOUT_MS', 0),
  bulkLoad: yesOrNo('DB_BULK_LOAD'),
  autoMigrate: yesOrNo('AUTO_MIGRATE'),
  defaultExchange: {
    variable: 'DEFAULT_EXCHANGE',
    parse: (value: string) => (isExchange(value) ? value : undefined),
    expected: `an exchange: text of at most ${EXCHANGE_LENGTH} characters without white space at its ends`,
    secret: false,
  },
} as const satisfies Record<string, Variable>;

/** A setting that has a variable. */
export type EnvironmentKey = keyof typeof ENVIRONMENT;
