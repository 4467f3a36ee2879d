import { InvalidArgumentError } from 'commander';

/** Reads a whole number, 1 or more, from the command line. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) {
    throw new InvalidArgumentError('It must be a whole number, 1 or more');
  }
  return Number(text);
}
