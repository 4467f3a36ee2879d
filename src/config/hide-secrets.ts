import { inspect } from 'node:util';
import { redactUrl } from '../errors/redact.ts';

const SECRETS: ReadonlySet<string> = new Set(['password', 'key', 'passphrase']);

/**
 * Makes an object with passwords and keys hide them when it is logged, inspected or written as JSON. It stays the same
 * object, and reading a property gives its real value.
 */
export function hideSecrets<T extends object>(values: T): T {
  const shown = { value: () => redacted(values) };
  return Object.defineProperties(values, { toJSON: shown, [inspect.custom]: shown });
}

function redacted(values: object): object {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (SECRETS.has(name) && value !== undefined) {
        return [name, '***'];
      }
      if (name === 'tls' && typeof value === 'object' && value !== null) {
        return [name, redacted(value)];
      }
      return [name, name === 'url' && typeof value === 'string' ? redactUrl(value) : value];
    }),
  );
}
