/**
 * How connections are encrypted. `ca`, `cert` and `key` are PEM text, or the path of a file that holds it; a
 * file is read again for each connection, so that a certificate may be renewed while the process runs.
 */
export interface TlsOptions {
  /**
   * `'remote'` encrypts unless the host is `localhost`, a loopback address (127.0.0.0/8, ::1) or a unix socket.
   * @default 'remote', and `true` where anything else of this is given
   */
  readonly enabled?: boolean | 'remote' | undefined;
  /** The authorities that are trusted. @default those that Node.js trusts */
  readonly ca?: string | undefined;
  /** The client's certificate, where the server wants one. */
  readonly cert?: string | undefined;
  /** The private key of `cert`. */
  readonly key?: string | undefined;
  /** What `key` is locked with. */
  readonly passphrase?: string | undefined;
  /**
   * `true` checks that the server's certificate comes from a trusted authority and names the host; `'ca'` leaves
   * the name out, which the certificates that MySQL makes for itself need; `false` encrypts for anybody. @default true
   */
  readonly verify?: boolean | 'ca' | undefined;
  /** The name to look for in the server's certificate. @default the host */
  readonly serverName?: string | undefined;
}
