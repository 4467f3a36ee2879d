/** Where the ORM keeps the names of the library's migrations that were run. */
export const MIGRATIONS_TABLE = 'mikro_orm_migrations';
