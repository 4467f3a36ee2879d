import { formatCount } from '../format.ts';
import { renderTable } from '../table.ts';
import type { CandleImport } from './import-files.ts';

const KEPT = '\nStored candles were kept, even open ones; --unless-closed updates open ones.';

/** The result of an import, as text. @param kept whether stored candles were kept */
export function renderImport(
  { counts, problems }: Pick<CandleImport, 'counts' | 'problems'>,
  interrupted: boolean,
  kept: boolean,
): string {
  const rows = Object.entries(counts).map(([name, count]) => [name, formatCount(count)]);
  return [
    ...(problems.count > 0 ? [`Rejected:\n${problems.render()}\n`] : []),
    renderTable(['rows', 'count'], rows, [1]),
    ...(kept && counts.unchanged > 0 ? [KEPT] : []),
    ...(interrupted ? ['\nInterrupted: what was read is stored. Run the same command again for the rest.'] : []),
    ...(counts.read === 0 && !interrupted ? ['\nThere were no rows.'] : []),
  ].join('\n');
}
