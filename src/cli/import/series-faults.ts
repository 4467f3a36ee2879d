import { name } from '../../schemas/primitives.ts';
import { EXCHANGE_LENGTH, SYMBOL_LENGTH } from '../../text/column-lengths.ts';
import { usageError } from '../cli-error.ts';
import type { SeriesOfFile } from './parsed-row.ts';

const SHOWN_CHARACTERS = 70;
const RULES = [
  ['exchange', name(EXCHANGE_LENGTH)],
  ['symbol', name(SYMBOL_LENGTH)],
] as const;

/**
 * Checks what all rows of a file have in common: once, and before any of them is read.
 *
 * @throws CliError that names each faulty option
 */
export function requireSeries(series: SeriesOfFile): void {
  const faults = RULES.flatMap(([option, rule]) => {
    const checked = rule.safeParse(series[option]);
    const received = JSON.stringify(series[option].slice(0, SHOWN_CHARACTERS));
    return checked.success
      ? []
      : checked.error.issues.map(({ message }) => `--${option}: expected ${message}, received ${received}`);
  });
  if (faults.length > 0) {
    throw usageError(`${faults.join('; ')}; correct that`);
  }
}
