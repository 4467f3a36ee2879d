import { basename } from 'node:path';
import { Option } from 'commander';

const DOMAINS = [
  ['okx.com', 'okx'],
  ['okex.com', 'okx'],
  ['okcoin.com', 'okcoin'],
  ['bitget.com', 'bitget'],
] as const;

/** The exchanges whose captures can be read. */
export const CAPTURE_EXCHANGES = [...new Set(DOMAINS.map(([, exchange]) => exchange))];

/** The exchange that a host of a transport line belongs to. */
export function exchangeOfHost(host: string): string | undefined {
  const name = host.toLowerCase();
  return DOMAINS.find(([domain]) => name === domain || name.endsWith(`.${domain}`))?.[1];
}

/** The exchange that a capture's file is named after: `OKX.ws.1.0`, `okx-synthetic.ws`. */
export function exchangeOfFileName(path: string): string | undefined {
  const [word] = basename(path)
    .toLowerCase()
    .split(/[^a-z0-9]/);
  return DOMAINS.find(([, exchange]) => exchange === word)?.[1];
}

/** The option `--exchange` of captures: only exchanges whose messages can be read. */
export function captureExchangeOption(): Option {
  return new Option(
    '--exchange <exchange>',
    'whose messages they are (from the connection in the capture, or its name)',
  ).choices([...CAPTURE_EXCHANGES]);
}
