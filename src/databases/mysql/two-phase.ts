import type { BranchName, TwoPhaseSyntax } from '../dialect.ts';
import type { Row } from '../physical-connection.ts';

const family = {
  // in hexadecimal, so that no character of a name is special
  statement: (verb: string, { formatId, gtrid, bqual }: BranchName): string =>
    `xa ${verb} x'${gtrid.toString('hex')}',x'${bqual.toString('hex')}',${formatId}`,
};

/** MySQL returns names as text of the session's character set, unless their bytes are requested. */
export const mysqlTwoPhase: TwoPhaseSyntax = {
  ...family,
  recover: 'xa recover convert xid',
  decodeRecovered: (row) => nameOf(row, Buffer.from(String(row['data']).slice('0x'.length), 'hex')),
};

/** MariaDB returns the bytes of names. */
export const mariadbTwoPhase: TwoPhaseSyntax = {
  ...family,
  recover: 'xa recover',
  decodeRecovered: (row) => nameOf(row, row['data'] as Buffer),
};

function nameOf(row: Row, bytes: Buffer): BranchName {
  const length = Number(row['gtrid_length']);
  return {
    formatId: Number(row['formatID']),
    gtrid: bytes.subarray(0, length),
    bqual: bytes.subarray(length, length + Number(row['bqual_length'])),
  };
}
