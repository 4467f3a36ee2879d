import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** A certificate with its private key, both in PEM form. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** The same key, locked. */
  lockedKey(passphrase: string): string;
}

/** An authority that signs certificates. */
export interface Authority extends Certificate {
  /**
   * Signs a certificate.
   *
   * @param names the hosts it is for: names, or IPv4 addresses
   */
  issue(commonName: string, names: readonly string[], validUntil?: Date): Certificate;
}

const DAY_MS = 86_400_000;
const OIDS = {
  commonName: [2, 5, 4, 3],
  basicConstraints: [2, 5, 29, 19],
  subjectAltName: [2, 5, 29, 17],
  ecdsaWithSha256: [1, 2, 840, 10045, 4, 3, 2],
};

/** Makes an authority of its own. Source of the form: RFC 5280, section 4.1. */
export function makeAuthority(commonName: string): Authority {
  const keys = newKeys();
  const tomorrow = new Date(Date.now() + DAY_MS);
  const self = certificate({ subject: commonName, issuer: commonName, keys, signer: keys.privateKey, until: tomorrow });
  return {
    ...self,
    issue: (subject, names, until = tomorrow) =>
      certificate({ subject, issuer: commonName, keys: newKeys(), signer: keys.privateKey, until, names }),
  };
}

function newKeys() {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

interface Request {
  readonly subject: string;
  readonly issuer: string;
  readonly keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  readonly signer: KeyObject;
  readonly until: Date;
  /** An authority's own has none. */
  readonly names?: readonly string[];
}

function certificate({ subject, issuer, keys, signer, until, names }: Request): Certificate {
  const algorithm = sequence(oid(OIDS.ecdsaWithSha256));
  const extension =
    names === undefined
      ? sequence(
          oid(OIDS.basicConstraints),
          der(0x01, Buffer.from([255])),
          octets(sequence(der(0x01, Buffer.from([255])))),
        )
      : sequence(oid(OIDS.subjectAltName), octets(sequence(...names.map(generalName))));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    distinguished(issuer),
    sequence(time(new Date(Math.min(Date.now(), until.getTime()) - DAY_MS)), time(until)),
    distinguished(subject),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension)),
  );
  const signature = sign('sha256', body, signer);
  const whole = sequence(body, algorithm, der(0x03, Buffer.from([0]), signature));
  const lines = whole.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    lockedKey: (passphrase) =>
      keys.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString(),
  };
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = body.length;
  const head =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), body]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const octets = (value: Buffer): Buffer => der(0x04, value);
const generalName = (name: string): Buffer =>
  isIPv4(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name, 'ascii'));

function distinguished(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid(OIDS.commonName), der(0x0c, Buffer.from(commonName)))));
}

/** GeneralizedTime, to the second. */
function time(at: Date): Buffer {
  return der(
    0x18,
    Buffer.from(
      `${at
        .toISOString()
        .replace(/\.\d+Z$/, '')
        .replace(/[-:T]/g, '')}Z`,
    ),
  );
}

function oid([first = 0, second = 0, ...rest]: readonly number[]): Buffer {
  const bytes = rest.flatMap((part) => {
    const groups = [part & 127];
    for (let left = part >> 7; left > 0; left >>= 7) {
      groups.unshift((left & 127) | 128);
    }
    return groups;
  });
  return der(0x06, Buffer.from([first * 40 + second, ...bytes]));
}
