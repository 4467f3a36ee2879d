import type { EntityClass, EntityMetadata, EntityProperty, Platform } from '@mikro-orm/core';
import { quote } from '../databases/dialect.ts';
import type { Parameter } from '../databases/physical-connection.ts';
import { ExactDecimal, StoredType, UtcMilliseconds } from './column-types.ts';

/** How a column's values are read and written. */
export type ColumnKind = 'decimal' | 'instant' | 'flag' | 'integer' | 'text' | 'json';

export interface Column {
  readonly property: string;
  readonly name: string;
  /** The name as statements write it. */
  readonly quoted: string;
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
  /** The name as statements write it. */
  readonly quoted: string;
  /** What the ORM knows it by. */
  readonly entity: EntityClass<T>;
  readonly columns: readonly Column[];
  readonly keyColumns: readonly Column[];
  /** The columns by their properties. */
  readonly column: Readonly<Record<keyof T & string, Column>>;
}

/** Derives a table from the entity's metadata and the database's platform. */
export function tableOf<T extends object>(metadata: EntityMetadata<T>, platform: Platform): Table<T> {
  const columns = metadata.props.map((property) => columnOf(property as EntityProperty, platform));
  return {
    name: metadata.tableName,
    quoted: quote(metadata.tableName),
    entity: metadata.class,
    columns,
    keyColumns: columns.filter((column) => column.key),
    column: Object.fromEntries(columns.map((column) => [column.property, column])) as Table<T>['column'],
  };
}

function columnOf(property: EntityProperty, platform: Platform): Column {
  const kind = kindOf(property);
  const name = property.fieldNames[0] as string;
  const { encode, decode } = formOf(property, kind, platform);
  return {
    property: property.name,
    name,
    quoted: quote(name),
    key: property.primary === true,
    kind,
    nullable: property.nullable === true,
    length: kind === 'text' ? property.length : undefined,
    encode: (value) => (value == null ? null : encode(value)),
    decode: (stored) => (stored == null ? null : decode(stored)),
  };
}

/** The form in which a column's values are stored. */
function formOf(
  { customType: type }: EntityProperty,
  kind: ColumnKind,
  platform: Platform,
): Pick<Column, 'encode' | 'decode'> {
  if (type instanceof StoredType) {
    return type.formOn(platform);
  }
  if (kind === 'flag') {
    return { encode: Number, decode: Boolean };
  }
  return {
    encode: (value) => (type === undefined ? (value as Parameter) : type.convertToDatabaseValue(value, platform)),
    decode: (stored) => (type === undefined ? stored : type.convertToJSValue(stored, platform)),
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
