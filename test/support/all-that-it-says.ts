import { inspect } from 'node:util';

/**
 * All the text that a value shows: of each object its own properties, hidden ones and symbols included, and what its
 * getters return, however deep; and what `inspect()`, `JSON.stringify()` and `String()` make of it.
 */
export function allThatItSays(value: unknown): string {
  const said: string[] = [];
  const seen = new Set<unknown>();
  const left: unknown[] = [value];
  for (let next = left.pop(); left.length > 0 || next !== undefined; next = left.pop()) {
    if (typeof next === 'string' || typeof next === 'symbol') {
      said.push(String(next));
    } else if (Buffer.isBuffer(next)) {
      said.push(next.toString('utf8'));
    } else if (((typeof next === 'object' && next !== null) || typeof next === 'function') && !seen.has(next)) {
      seen.add(next);
      said.push(...summaries(next));
      left.push(...partsOf(next).filter((part) => part !== undefined && part !== null));
    }
  }
  return said.join('\n');
}

function summaries(value: object): string[] {
  const ways = [
    () => inspect(value, { depth: 6, showHidden: true, getters: true, maxStringLength: null, maxArrayLength: null }),
    () => JSON.stringify(value) ?? '',
    () => String(value),
  ];
  return ways.map((way) => {
    try {
      return way();
    } catch (error) {
      // a circular value has no JSON; the error's text counts too
      return String(error);
    }
  });
}

function partsOf(value: object): unknown[] {
  const parts: unknown[] = [];
  if (value instanceof Map) {
    parts.push(...value.keys(), ...value.values());
  }
  if (value instanceof Set) {
    parts.push(...value);
  }
  for (
    let owner: object | null = value;
    owner !== null && owner !== Object.prototype && owner !== Function.prototype;
    owner = Object.getPrototypeOf(owner)
  ) {
    for (const name of Reflect.ownKeys(owner)) {
      parts.push(name, read(value, owner, name));
    }
  }
  return parts;
}

function read(value: object, owner: object, name: PropertyKey): unknown {
  const property = Object.getOwnPropertyDescriptor(owner, name);
  try {
    return property?.get === undefined ? property?.value : property.get.call(value);
  } catch (error) {
    return error;
  }
}
