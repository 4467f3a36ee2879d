import { basename } from 'node:path';
import { Option } from 'commander';

const DOMAINS = [
  ['okx.com', 'okx'],
  ['okex.com', 'okx'],
  ['okcoin.com', 'okcoin'],
  ['bitget.com', 'bitget'],
] as const;

export const CAPTURE_EXCHANGES = [...new Set(DOMAINS.map(([, exchange]) => exchange))];

/** The exchange that the host in a transport line belongs to. */
export function exchangeOfHost(host: string): string | undefined {
  const name = host.toLowerCase();
  return DOMAINS.find(([domain]) => name === domain || name.endsWith(`.${domain}`))?.[1];
}

/** The exchange in the name of a capture's file: `OKX.ws.1.0`, `okx-synthetic.ws`. */
export function exchangeOfFileName(path: string): string | undefined {
  const [word] = basename(path)
    .toLowerCase()
    .split(/[^a-z0-9]/);
  return DOMAINS.find(([, exchange]) => exchange === word)?.[1];
}

export function captureExchangeOption(): Option {
  return new Option(
    '--exchange <exchange>',
    'exchange of the messages (default: from the connection in the capture, or from its file name)',
  ).choices([...CAPTURE_EXCHANGES]);
}
