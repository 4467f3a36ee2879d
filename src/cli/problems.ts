import type { Issue } from '../index.ts';
import { printable } from '../text/printable.ts';
import { formatCount } from './format.ts';

/** A line of an input that was not stored, and the reason. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

const KEPT = 100;
const SHOWN = 10;

/** The lines that were not stored. All are counted, and the first hundred are kept. */
export class Problems {
  readonly first: Problem[] = [];
  count = 0;

  /** Adds the problems of a batch, sorted by line. */
  add(problems: readonly Problem[]): void {
    this.count += problems.length;
    const room = KEPT - this.first.length;
    if (room > 0) {
      this.first.push(...problems.toSorted((a, b) => a.line - b.line).slice(0, room));
    }
  }

  /** The first ten, one per line. */
  render(): string {
    const lines = this.first.slice(0, SHOWN).map(({ file, line, reason }) => printable(`${file}:${line}: ${reason}`));
    const rest = this.count - lines.length;
    return [...lines, ...(rest > 0 ? [`… and ${formatCount(rest)} more (--json shows up to ${KEPT})`] : [])].join('\n');
  }
}

/** Why a row was rejected, without its index in the batch, which means nothing to a reader of the file. */
export function describeIssues(issues: readonly Issue[]): string {
  return issues
    .map(({ path, expected, received }) => {
      const field = path.replace(/^\[\d+\]\.?/, '');
      return `${field === '' ? '' : `${field}: `}expected ${expected}, received ${received}`;
    })
    .join('; ');
}
