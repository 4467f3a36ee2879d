import type { EntityClass, EntityMetadata, EntityProperty, Platform } from '@mikro-orm/core';
import type { Parameter, Row } from '../databases/physical-connection.ts';
import { ExactDecimal, UtcMilliseconds } from './column-types.ts';

/** How a column's values are read and written. */
export type ColumnKind = 'decimal' | 'instant' | 'flag' | 'integer' | 'text' | 'json';

/** A column of a table. */
export interface Column {
  /** The entity's property. */
  readonly property: string;
  /** The column's name. */
  readonly name: string;
  readonly key: boolean;
  readonly kind: ColumnKind;
  readonly nullable: boolean;
  /** The largest number of characters of a text; `undefined` where only its bytes are limited. */
  readonly length?: number | undefined;
  encode(value: unknown): Parameter;
  decode(stored: unknown): unknown;
}

/** A table, derived from its entity, which is the only place where its columns are named. */
export interface Table<T extends object> {
  readonly name: string;
  /** What the ORM knows it by. */
  readonly entity: EntityClass<T>;
  readonly columns: readonly Column[];
  readonly keyColumns: readonly Column[];
  /** The name of a property's column. */
  column(property: keyof T & string): Column;
  /** Makes an object of a row. */
  toObject(row: Row): T;
}

/** Derives a table from the entity's metadata and the database's platform. */
export function tableOf<T extends object>(metadata: EntityMetadata<T>, platform: Platform): Table<T> {
  const columns = metadata.props.map((property) => columnOf(property as EntityProperty, platform));
  const byProperty = new Map(columns.map((column) => [column.property, column]));
  return {
    name: metadata.tableName,
    entity: metadata.class,
    columns,
    keyColumns: columns.filter((column) => column.key),
    column: (property) => byProperty.get(property) as Column,
    toObject: (row) => {
      const object: Record<string, unknown> = {};
      for (const column of columns) {
        object[column.property] = column.decode(row[column.name]);
      }
      return object as T;
    },
  };
}

function columnOf(property: EntityProperty, platform: Platform): Column {
  const type = property.customType;
  const kind = kindOf(property);
  return {
    property: property.name,
    name: property.fieldNames[0] as string,
    key: property.primary === true,
    kind,
    nullable: property.nullable === true,
    length: kind === 'text' ? property.length : undefined,
    encode: (value) => {
      if (value == null) {
        return null;
      }
      return kind === 'flag'
        ? Number(value)
        : type === undefined
          ? (value as Parameter)
          : type.convertToDatabaseValue(value, platform);
    },
    decode: (stored) => {
      if (stored == null) {
        return null;
      }
      return kind === 'flag' ? Boolean(stored) : type === undefined ? stored : type.convertToJSValue(stored, platform);
    },
  };
}

function kindOf({ customType, runtimeType }: EntityProperty): ColumnKind {
  if (customType instanceof ExactDecimal) {
    return 'decimal';
  }
  if (customType instanceof UtcMilliseconds) {
    return 'instant';
  }
  if (runtimeType === 'boolean') {
    return 'flag';
  }
  return runtimeType === 'number' ? 'integer' : runtimeType === 'string' ? 'text' : 'json';
}
