import { type EntityProperty, type Platform, p, Type } from '@mikro-orm/core';
import type { ColumnStorage, StoredForm } from '../databases/column-storage.ts';
import { storageOfPlatform } from '../databases/storage-of-platform.ts';

/** A type that the databases store differently. */
export abstract class StoredType<Value, Stored> extends Type<Value, Stored> {
  protected abstract formIn(storage: ColumnStorage): StoredForm<Value, Stored>;

  formOn(platform: Platform): StoredForm<Value, Stored> {
    return this.formIn(storageOfPlatform(platform));
  }

  override convertToDatabaseValue(value: Value, platform: Platform): Stored {
    return value == null ? (value as never) : this.formOn(platform).encode(value);
  }

  override convertToJSValue(stored: Stored | Date, platform: Platform): Value {
    return stored == null || stored instanceof Date ? (stored as Value) : this.formOn(platform).decode(stored);
  }

  override getColumnType(_property: EntityProperty, platform: Platform): string {
    return this.formOn(platform).columnType;
  }
}

/**
 * DECIMAL(36,18) as an exact string in its canonical form. The ORM's own decimal compares JavaScript numbers, and would
 * miss a change in the last digits.
 */
export class ExactDecimal extends StoredType<string, string> {
  protected override formIn({ decimal }: ColumnStorage): ColumnStorage['decimal'] {
    return decimal;
  }

  override compareAsType(): string {
    return 'string';
  }
}

/** An instant in UTC milliseconds, independent of the time zones of server, session and process. */
export class UtcMilliseconds extends StoredType<Date, string | number> {
  protected override formIn({ instant }: ColumnStorage): ColumnStorage['instant'] {
    return instant;
  }

  override compareAsType(): string {
    return 'any';
  }
}

/** A column that is a part of the key. */
export const key = (length: number) => p.string().length(length).primary();
/** An exact decimal. */
export const decimal = () => p.type(new ExactDecimal()).$type<string>();
export const instant = () => p.type(new UtcMilliseconds()).$type<Date>();
