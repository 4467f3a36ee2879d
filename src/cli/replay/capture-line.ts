import { type ExactJson, isObject, parseExact } from '../exact-json.ts';
import type { TextLine } from '../text-lines.ts';
import { exchangeOfHost } from './capture-exchange.ts';
import type { DataLine } from './data-message.ts';
import { receivedMs } from './received-time.ts';

/** A line of a capture. */
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
