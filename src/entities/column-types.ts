import { type EntityProperty, type Platform, Type } from '@mikro-orm/core';
import { storageOfPlatform } from '../databases/storage-of-platform.ts';
import { canonicalDecimal } from '../decimal/decimal.ts';

/**
 * DECIMAL(36,18) as an exact string in its canonical form. The ORM's own decimal compares JavaScript numbers, and would
 * miss a change in the last digits.
 */
export class ExactDecimal extends Type<string, string> {
  override convertToDatabaseValue(value: string, platform: Platform): string {
    return value == null ? value : storageOfPlatform(platform).encodeDecimal(canonicalDecimal(value));
  }

  override convertToJSValue(stored: string, platform: Platform): string {
    return stored == null ? stored : canonicalDecimal(storageOfPlatform(platform).decodeDecimal(String(stored)));
  }

  override getColumnType(_property: EntityProperty, platform: Platform): string {
    return storageOfPlatform(platform).decimalType;
  }

  override compareAsType(): string {
    return 'string';
  }
}

/** An instant in UTC milliseconds, independent of the time zones of server, session and process. */
export class UtcMilliseconds extends Type<Date, string | number> {
  override convertToDatabaseValue(value: Date, platform: Platform): string | number {
    return value == null ? (value as never) : storageOfPlatform(platform).encodeInstant(value);
  }

  override convertToJSValue(stored: string | number | Date, platform: Platform): Date {
    return stored == null || stored instanceof Date
      ? (stored as Date)
      : storageOfPlatform(platform).decodeInstant(stored);
  }

  override getColumnType(_property: EntityProperty, platform: Platform): string {
    return storageOfPlatform(platform).instantType;
  }

  override compareAsType(): string {
    return 'any';
  }
}
