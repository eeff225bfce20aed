import { types } from './rule';

/**
 * Types that hold nothing which lasts, and whose end stops nobody at once: what they say is written in the configuration
 * and can be made again from it. Their destruction is no risk by itself. A type that is in no table at all is not
 * taken for one of these: it is told as `unknown`.
 */
export const HOLDS_NOTHING: ReadonlySet<string> = new Set(
  types(`
    terraform_data null_resource time_sleep time_static time_offset time_rotating local_file local_sensitive_file
  `),
);
