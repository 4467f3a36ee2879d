/** The states of a bot. */
export const BOT_STATUSES = ['inactive', 'active', 'paused', 'error'] as const;

/** One of {@link BOT_STATUSES}. */
export type BotStatus = (typeof BOT_STATUSES)[number];
