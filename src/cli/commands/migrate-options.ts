/** Commands that are asked about migrations run none by merely connecting. */
export const AS_IT_IS = { autoMigrate: false };
