import { type Command, InvalidArgumentError, Option } from 'commander';
import { defined } from '../../config/defined.ts';
import { parseDecimal } from '../../decimal/decimal.ts';
import type { BotConfig, BotStatus, Timeframe } from '../../index.ts';
import { BOT_STATUSES } from '../../text/bot-status.ts';
import { isTimeframe, TIMEFRAMES } from '../../time/timeframe.ts';
import { usageError } from '../cli-error.ts';

export interface BotOptions {
  readonly name?: string | undefined;
  readonly strategy?: string | undefined;
  readonly exchange?: string | undefined;
  readonly symbol?: string | undefined;
  readonly timeframe?: Timeframe | undefined;
  readonly status?: BotStatus | undefined;
  readonly virtualBalance?: string | undefined;
  readonly currentBalance?: string | undefined;
  /** JSON text, since a parsed `null` would look like an option that is not given. */
  readonly config?: string | undefined;
}

/** Declares the fields of a bot as options, and marks the required ones in the help. */
export function withBotOptions(command: Command, required: readonly (keyof BotOptions)[] = []): Command {
  command
    .option('--name <name>', 'unique among all bots')
    .option('--strategy <name>', 'name of the strategy')
    .option('--exchange <exchange>', 'exchange that it trades on')
    .option('--symbol <symbol>', 'symbol as the exchange writes it')
    .addOption(timeframeOption())
    .addOption(statusOption())
    .option('--virtual-balance <decimal>', 'balance that it may trade with, in the quote currency')
    .option('--current-balance <decimal>', 'balance that it has now')
    .option('--config <json>', 'settings, as a JSON object; null removes them');
  const flags: readonly string[] = required.map(flagOf);
  for (const option of command.options) {
    if (flags.includes(option.long ?? '')) {
      // commander itself would report the missing options one at a time
      option.description += ' (required)';
    }
  }
  return command;
}

/** An option as it is typed: `--virtual-balance`. */
export function flagOf(option: keyof BotOptions): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function timeframeOption(): Option {
  return new Option('--timeframe <timeframe>', `one of ${TIMEFRAMES.join(' ')}`).argParser((text) => {
    if (!isTimeframe(text)) {
      throw new InvalidArgumentError(`It must be one of ${TIMEFRAMES.join(', ')}`);
    }
    return text;
  });
}

export function statusOption(): Option {
  return new Option('--status <status>', 'state of the bot').choices([...BOT_STATUSES]);
}

/** The given options under the names of the library. */
export function botFields(options: BotOptions) {
  const { name, strategy: strategyName, exchange, symbol, timeframe, status, virtualBalance, currentBalance } = options;
  const config = options.config === undefined ? undefined : parseConfig(options.config);
  return defined({ name, strategyName, exchange, symbol, timeframe, status, virtualBalance, currentBalance, config });
}

/** Parses `--config`. A number that JavaScript would round is refused, since it would be stored rounded. */
export function parseConfig(text: string): BotConfig | null {
  const rounded: string[] = [];
  const watch = (_key: string, value: unknown, { source = '' }: { source?: string }): unknown => {
    if (typeof value === 'number' && !sameNumber(source, value)) {
      rounded.push(source);
    }
    return value;
  };
  let value: unknown;
  try {
    value = JSON.parse(text, watch as Parameters<typeof JSON.parse>[1]);
  } catch {
    // neither an object nor null
  }
  if (rounded.length > 0) {
    throw usageError(`write ${rounded[0]} in --config as text ("${rounded[0]}"): a JSON number would be rounded`);
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw usageError('--config must be a JSON object, such as {"levels":10}, or null');
  }
  return value;
}

function sameNumber(source: string, value: number): boolean {
  const [written, read] = [parseDecimal(source), parseDecimal(value)];
  return written.ok && read.ok ? written.value === read.value : Number.isFinite(value) && !written.ok && !read.ok;
}

/** Reads a whole number, 1 or more, from the command line. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) {
    throw new InvalidArgumentError('It must be a whole number, 1 or more');
  }
  return Number(text);
}
