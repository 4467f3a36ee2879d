import { types } from 'node:util';

const LONGEST_TEXT = 60;

/** A value as an error may show it: short, and without the fields of an object. Never throws. */
export function describeValue(value: unknown): string {
  try {
    return describe(value);
  } catch {
    // a revoked proxy throws
    return 'an object';
  }
}

function describe(value: unknown): string {
  if (value === undefined) {
    return 'nothing';
  }
  if (typeof value === 'string') {
    return value.length > LONGEST_TEXT
      ? `${JSON.stringify(value.slice(0, LONGEST_TEXT))}… (${value.length} characters)`
      : JSON.stringify(value);
  }
  if (types.isDate(value)) {
    return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
  }
  if (Array.isArray(value)) {
    return `an array of ${value.length}`;
  }
  if (typeof value === 'bigint') {
    return `${String(value).slice(0, LONGEST_TEXT)}n`;
  }
  if (types.isUint8Array(value)) {
    return `${value.length} bytes`;
  }
  if (typeof value === 'object' && value !== null) {
    return 'an object';
  }
  return typeof value === 'number' || typeof value === 'boolean' || value === null
    ? String(value)
    : `a ${typeof value}`;
}
