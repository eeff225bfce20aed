/**
 * How long things may take, in seconds. They hold each other: a balancer that reuses a connection the service has just
 * closed answers 502, and a container that is killed before its last response loses it. `timings.test.ts` ties them.
 */

/** After this long without a byte the load balancer closes its connection to a task (the ALB's own default). */
export const BALANCER_IDLE_SECONDS = 60;

/** Longer than the balancer's, so that it is always the balancer that closes an idle connection. */
export const KEEP_ALIVE_SECONDS = 65;

/** For all of a request's headers; above the keep-alive time, or Node may close a connection that is in use. */
export const HEADERS_SECONDS = 66;

/** For the whole request to arrive; Node wants it above the headers' time. */
export const REQUEST_SECONDS = 70;

/** A request that takes longer is answered 503, and no stop waits longer for one in flight. */
export const LONGEST_REQUEST_SECONDS = 30;

/** PostgreSQL ends a statement after this long. */
export const STATEMENT_SECONDS = 10;

/** SIGTERM to closing: the time the balancer has to see that this task is leaving. */
export const DEFAULT_DRAIN_SECONDS = 5;

/** The longest drain that leaves room for the longest request and 2 seconds more in the descriptor's `stopSeconds`. */
export const MAX_DRAIN_SECONDS = 25;
