import type { EntityMetadata, EntityProperty, Platform } from '@mikro-orm/core';
import type { Parameter, Row } from '../dialects/driver/physical-connection.ts';

/** One column, as statements and row mapping need it. */
export interface Column {
  /** The entity's property. */
  readonly property: string;
  /** The column's name. */
  readonly name: string;
  readonly key: boolean;
  encode(value: unknown): Parameter;
  decode(stored: unknown): unknown;
}

/** A table, derived from its entity: the one place where its columns are named. */
export interface Table<T extends object> {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly keyColumns: readonly Column[];
  /** The name of a property's column. */
  column(property: keyof T & string): Column;
  /** A row as the plain object it stands for. */
  toObject(row: Row): T;
}

/** Derives a table from the entity's metadata and the database's platform. */
export function tableOf<T extends object>(metadata: EntityMetadata<T>, platform: Platform): Table<T> {
  const columns = metadata.props.map((property) => columnOf(property as EntityProperty, platform));
  const byProperty = new Map(columns.map((column) => [column.property, column]));
  return {
    name: metadata.tableName,
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
  const boolean = property.runtimeType === 'boolean';
  return {
    property: property.name,
    name: property.fieldNames[0] as string,
    key: property.primary === true,
    encode: (value) => {
      if (value == null) {
        return null;
      }
      return boolean
        ? Number(value)
        : type === undefined
          ? (value as Parameter)
          : type.convertToDatabaseValue(value, platform);
    },
    decode: (stored) => {
      if (stored == null) {
        return null;
      }
      return boolean ? Boolean(stored) : type === undefined ? stored : type.convertToJSValue(stored, platform);
    },
  };
}
