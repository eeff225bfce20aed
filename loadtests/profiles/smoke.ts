import { JOURNEYS_COMPLETED, shipmentJourney } from '../journeys/shipments.ts';
import { arrivalRate, setting } from '../profile.ts';

/** Does it work at all, under a little load? A few seconds, after every release. */
const journeysPerSecond = setting('RATE', 20);
const seconds = setting('SECONDS', 10);

/** A run that measured less than this of what was planned has measured too little. */
const journeys = Math.floor(0.9 * journeysPerSecond * seconds);
const requests = 4 * journeys;

export const { options, handleSummary } = arrivalRate({
  name: 'smoke',
  journeysPerSecond,
  seconds,
  longestJourneySeconds: 5,
  slos: [
    {
      // Of successful requests only: a refused connection takes no time at all.
      name: 'response time, p95',
      metric: 'http_req_duration{expected_response:true}',
      statistic: 'p(95)',
      bound: 'at most',
      limit: 300,
      unit: 'ms',
      samples: { metric: 'http_reqs{expected_response:true}', atLeast: requests },
    },
    {
      name: 'failed requests',
      metric: 'http_req_failed',
      statistic: 'rate',
      bound: 'at most',
      limit: 0.01,
      unit: 'share',
      // A journey that fails makes one request.
      samples: { metric: 'http_reqs', atLeast: journeys },
    },
    {
      name: 'checks passed',
      metric: 'checks',
      statistic: 'rate',
      bound: 'at least',
      limit: 0.99,
      unit: 'share',
      samples: { metric: JOURNEYS_COMPLETED, atLeast: journeys },
    },
  ],
});

export default shipmentJourney;
