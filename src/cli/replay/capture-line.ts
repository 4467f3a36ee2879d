import { type ExactJson, isObject, parseExact } from '../exact-json.ts';
import type { TextLine } from '../text-lines.ts';
import { exchangeOfHost } from './capture-exchange.ts';
import type { DataLine } from './data-message.ts';

export type CaptureLine =
  | { readonly kind: 'empty' | 'control' }
  /** A connection, or a message that was sent; `exchange` if the host is known. */
  | { readonly kind: 'transport'; readonly exchange: string | undefined }
  | { readonly kind: 'broken'; readonly reason: string }
  | { readonly kind: 'data'; readonly data: DataLine };

const TRANSPORT = /^(?:wss?|https?):\/\/([^/:\s]+)/i;
const HEARTBEAT = /^(?:ping|pong)$/i;

/** Parses a line: `wss://… <- TIME: …`, or `RECEIVED_AT: {message}`. */
export function readCaptureLine({ number, text, fault }: TextLine): CaptureLine {
  if (text === undefined) {
    return broken(fault ?? 'it cannot be read');
  }
  if (text.trim() === '') {
    return { kind: 'empty' };
  }
  const host = TRANSPORT.exec(text)?.[1];
  if (host !== undefined) {
    return { kind: 'transport', exchange: exchangeOfHost(host) };
  }
  const colon = text.indexOf(': ');
  const received = colon < 0 ? undefined : receivedMs(text.slice(0, colon));
  if (received === undefined) {
    return broken('it does not start with the time of reception in Unix seconds and a colon');
  }
  return readMessage({ number, text, receivedMs: received, json: text.slice(colon + 2) });
}

function readMessage(line: Omit<DataLine, 'message'>): CaptureLine {
  if (HEARTBEAT.test(line.json.trim())) {
    return { kind: 'control' };
  }
  let message: ExactJson;
  try {
    message = parseExact(line.json);
  } catch {
    return broken('its message is no JSON; it may be cut off');
  }
  if (!isObject(message)) {
    return broken('its message is no JSON object');
  }
  // responses to subscriptions, errors, and other messages without data
  if (message['event'] !== undefined || message['data'] === undefined) {
    return { kind: 'control' };
  }
  const { arg, data } = message;
  if (!isObject(arg) || !Array.isArray(data)) {
    return broken('its message has data, but not as {"arg":{"channel","instId"},"data":[…]}');
  }
  return { kind: 'data', data: { ...line, message: { arg, data } } };
}

function broken(reason: string): CaptureLine {
  return { kind: 'broken', reason };
}

/**
 * Parses the time of reception in a capture: Unix seconds with decimals, cut to milliseconds. It works on the digits,
 * since 1649290077.519 times 1000 is 1649290077518.9999 as a number.
 *
 * @example receivedMs('1652459224.5300605') // 1652459224530
 * @returns `undefined` if it is not a time in seconds
 */
export function receivedMs(text: string): number | undefined {
  const match = /^(\d{9,11})(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, seconds = '', fraction = ''] = match;
  return Number(seconds + fraction.slice(0, 3).padEnd(3, '0'));
}
