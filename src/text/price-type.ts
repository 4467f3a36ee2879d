/** What the prices of a candle are. Left out, they are those of trades. */
export const PRICE_TYPES = ['trade', 'mark', 'index', 'premium', 'funding'] as const;

/**
 * One of {@link PRICE_TYPES}: prices of trades, a derivative's mark price, the index under it, the premium of the one over
 * the other, or funding rates. Only premiums and funding rates may be negative.
 */
export type PriceType = (typeof PRICE_TYPES)[number];

/** The price type of what names none. */
export const DEFAULT_PRICE_TYPE: PriceType = 'trade';

const SIGNED: ReadonlySet<PriceType> = new Set(['premium', 'funding']);

/** True for the text of a price type. */
export function isPriceType(text: unknown): text is PriceType {
  return PRICE_TYPES.includes(text as PriceType);
}

/** Whether prices of the type may be negative. */
export function maySignPrices(priceType: PriceType): boolean {
  return SIGNED.has(priceType);
}
