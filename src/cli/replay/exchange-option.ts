import { Option } from 'commander';
import { CAPTURE_EXCHANGES } from './capture-exchange.ts';

/** The option `--exchange` of captures: only exchanges whose messages can be read. */
export function captureExchangeOption(): Option {
  return new Option(
    '--exchange <exchange>',
    'whose messages they are (from the connection in the capture, or its name)',
  ).choices([...CAPTURE_EXCHANGES]);
}
