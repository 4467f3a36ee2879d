import type { Row } from './physical-connection.ts';

/** The name of a transaction branch. Source: X/Open CAE Specification "Distributed Transaction Processing: The XA Specification". */
export interface BranchName {
  readonly formatId: number;
  /** Global transaction id, 1 to 64 bytes. */
  readonly gtrid: Buffer;
  /** Branch qualifier, 0 to 64 bytes. */
  readonly bqual: Buffer;
}

/** How a database says what two-phase commit takes. */
export interface TwoPhaseSyntax {
  /** A statement on a branch. */
  statement(verb: 'start' | 'end' | 'prepare' | 'commit' | 'rollback', name: BranchName): string;
  /** The statement that lists what is prepared. */
  readonly recover: string;
  decodeRecovered(row: Row): BranchName;
}

const family = {
  // in hexadecimal, so that no character of a name means anything to the server
  statement: (verb: string, { formatId, gtrid, bqual }: BranchName): string =>
    `xa ${verb} x'${gtrid.toString('hex')}',x'${bqual.toString('hex')}',${formatId}`,
};

/** MySQL hands a name over as text of the session's character set, unless it is asked for its bytes. */
export const mysqlTwoPhase: TwoPhaseSyntax = {
  ...family,
  recover: 'xa recover convert xid',
  decodeRecovered: (row) => nameOf(row, Buffer.from(String(row['data']).slice('0x'.length), 'hex')),
};

/** MariaDB hands its bytes over. */
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
