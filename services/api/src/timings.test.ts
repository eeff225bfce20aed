import descriptor from '../service';
import {
  BALANCER_IDLE_SECONDS,
  DEFAULT_DRAIN_SECONDS,
  HEADERS_SECONDS,
  KEEP_ALIVE_SECONDS,
  LONGEST_REQUEST_SECONDS,
  MAX_DRAIN_SECONDS,
  REQUEST_SECONDS,
  STATEMENT_SECONDS,
} from './timings';

test('the balancer closes an idle connection before the service does', () => {
  expect([BALANCER_IDLE_SECONDS, KEEP_ALIVE_SECONDS, HEADERS_SECONDS, REQUEST_SECONDS]).toEqual([
    60, 65, 66, 70,
  ]);
});

test('a drain and the longest request fit into the stop time, with 2 seconds to spare', () => {
  expect(MAX_DRAIN_SECONDS + LONGEST_REQUEST_SECONDS + 2).toBeLessThan(descriptor.stopSeconds);
  expect(DEFAULT_DRAIN_SECONDS).toBeLessThanOrEqual(MAX_DRAIN_SECONDS);
});

test('a statement gives up before its request does', () => {
  expect(STATEMENT_SECONDS).toBeLessThan(LONGEST_REQUEST_SECONDS);
});
