/** An exact decimal as a value of a statement: `sql.decimal('42000.5')`. */
export class SqlDecimal {
  /** Its one canonical form. */
  readonly digits: string;

  /** @internal */
  constructor(digits: string) {
    this.digits = digits;
  }
}
