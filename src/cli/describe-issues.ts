import type { Issue } from '../errors/issue.ts';

/** Why a row was rejected, in words: the row's index in its batch says nothing to whoever reads the file. */
export function describeIssues(issues: readonly Issue[]): string {
  return issues
    .map(({ path, expected, received }) => {
      const field = path.replace(/^\[\d+\]\.?/, '');
      return `${field === '' ? '' : `${field}: `}expected ${expected}, received ${received}`;
    })
    .join('; ');
}
