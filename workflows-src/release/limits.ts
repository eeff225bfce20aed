/** Minutes after which a migration is stopped and counts as failed. */
export const MIGRATION_MINUTES = 30;
