import type { z } from 'zod';
import { nearestName } from '../errors/nearest-name.ts';
import { LEVELS } from '../logger/logger.ts';

/** The part of a schema's definition that is walked here: objects, their wrappers, and unions. */
interface Definition {
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly out?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
}

/** The fields of the object that a schema expects at a path, including nested ones (`pool.min`). */
export function fieldsAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const { shape, innerType, in: first, out, options = [] } = schema._zod.def as Definition;
  if (shape === undefined) {
    return [innerType, first, out, ...options].flatMap((part) => (part === undefined ? [] : fieldsAt(part, path)));
  }
  const [name, ...rest] = path;
  if (name === undefined) {
    const inside = Object.entries(shape).flatMap(([field, of]) => fieldsAt(of, []).map((inner) => `${field}.${inner}`));
    return [...Object.keys(shape), ...inside];
  }
  const field = typeof name === 'string' && Object.hasOwn(shape, name) ? shape[name] : undefined;
  return field === undefined ? [] : fieldsAt(field, rest);
}

/** The message for an unknown field. @example 'no such option (did you mean url?)' */
export function noSuchField(what: 'field' | 'option', key: string, known: readonly string[]): string {
  const nearest = nearestName(key, known);
  return `no such ${what}${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
}

/** True for an object with the methods of a logger, which is easily passed in place of options. */
export function isLogger(value: unknown): boolean {
  const methods = typeof value === 'object' ? (value as Record<string, unknown> | null) : null;
  return methods !== null && LEVELS.every((level) => typeof methods[level] === 'function');
}
