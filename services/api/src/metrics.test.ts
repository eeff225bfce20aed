import Ajv from 'ajv';
import { embeddedMetrics, type Metrics } from './metrics';

/**
 * The specification's own rules, among them those that its JSON schema leaves to the text: every name refers to a member
 * of the root, at most 100 metrics a directive and 100 values a metric, at most 30 dimensions.
 */
const schema = {
  type: 'object',
  required: ['_aws'],
  properties: {
    _aws: {
      type: 'object',
      additionalProperties: false,
      required: ['Timestamp', 'CloudWatchMetrics'],
      properties: {
        Timestamp: { type: 'integer' },
        CloudWatchMetrics: {
          type: 'array',
          items: {
            type: 'object',
            additionalProperties: false,
            required: ['Namespace', 'Dimensions', 'Metrics'],
            properties: {
              Namespace: { type: 'string', minLength: 1, maxLength: 1024 },
              Dimensions: {
                type: 'array',
                minItems: 1,
                items: {
                  type: 'array',
                  maxItems: 30,
                  items: { type: 'string', minLength: 1, maxLength: 250 },
                },
              },
              Metrics: {
                type: 'array',
                minItems: 1,
                maxItems: 100,
                items: {
                  type: 'object',
                  additionalProperties: false,
                  required: ['Name'],
                  properties: {
                    Name: { type: 'string', minLength: 1, maxLength: 1024 },
                    Unit: { enum: ['Count', 'Milliseconds'] },
                    StorageResolution: { enum: [1, 60] },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
};
const isEmbedded = new Ajv().compile(schema);

interface EmbeddedDocument {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [member: string]: unknown;
}

let lines: string[];
let metrics: Metrics;
beforeEach(() => {
  lines = [];
  metrics = embeddedMetrics(
    'fairlead/test/api',
    (line) => lines.push(line),
    () => 1_700_000_000_000,
  );
});

/** What was written, each line checked against the specification. */
function written(): EmbeddedDocument[] {
  metrics.flush();
  return lines.splice(0).map((line) => {
    expect(line).toMatch(/^\{[^\n]*\}\n$/);
    const document = JSON.parse(line) as EmbeddedDocument;
    isEmbedded(document);
    expect(isEmbedded.errors).toBeNull();
    for (const { Dimensions, Metrics } of document._aws.CloudWatchMetrics) {
      for (const name of Dimensions.flat())
        expect(document[name]).toEqual(expect.stringMatching(/^.{1,1024}$/));
      for (const { Name } of Metrics) {
        const values = [document[Name]].flat();
        expect(values.length).toBeGreaterThan(0);
        expect(values.length).toBeLessThanOrEqual(100);
        for (const value of values) expect(value).toEqual(expect.any(Number));
      }
    }
    return document;
  });
}

test('requests are counted by route and status class, and timed by route', () => {
  metrics.request('GET', '/shipments/:id', 200, 1.26);
  metrics.request('GET', '/shipments/:id', 404, 2);
  metrics.request('GET', '/shipments/:id', 200, 3);
  metrics.request('POST', '/shipments', 201, 4);
  expect(written().map(({ _aws, ...members }) => members)).toEqual([
    { Route: 'GET /shipments/:id', StatusClass: '2xx', Requests: 2 },
    { Route: 'GET /shipments/:id', StatusClass: '4xx', Requests: 1 },
    { Route: 'POST /shipments', StatusClass: '2xx', Requests: 1 },
    { Route: 'GET /shipments/:id', Duration: [1.3, 2, 3] },
    { Route: 'POST /shipments', Duration: [4] },
  ]);
});

test('paths that no route has, by any method, are one route', () => {
  metrics.request('GET', undefined, 404, 1);
  metrics.request('PROPFIND', undefined, 404, 1);
  expect(written()[0]).toMatchObject({ Route: 'unknown', Requests: 2 });
});

test('pool and readiness have no dimension, and share a document', () => {
  metrics.pool({ inUse: 3, waiting: 0 });
  metrics.pool({ inUse: 5, waiting: 2 });
  metrics.readiness(true);
  metrics.readiness(false);
  expect(written()).toEqual([
    {
      _aws: {
        Timestamp: 1_700_000_000_000,
        CloudWatchMetrics: [
          {
            Namespace: 'fairlead/test/api',
            Dimensions: [[]],
            Metrics: [
              { Name: 'PoolInUse', Unit: 'Count' },
              { Name: 'PoolWaiting', Unit: 'Count' },
              { Name: 'Ready', Unit: 'Count' },
            ],
          },
        ],
      },
      PoolInUse: [3, 5],
      PoolWaiting: [0, 2],
      Ready: [1, 0],
    },
  ]);
});

test('of ten thousand durations a hundred are written, from early and late ones, and the slowest among them', () => {
  for (let index = 0; index < 10_000; index += 1) {
    metrics.request('GET', '/a', 200, index === 5_000 ? 99_999 : index);
  }
  const [count, { Duration } = { Duration: [] }] = written();
  const durations = Duration as number[];
  expect(count).toMatchObject({ Requests: 10_000 });
  expect(durations).toHaveLength(100);
  expect(Math.max(...durations)).toBe(99_999);
  expect(durations.some((value) => value < 5_000)).toBe(true);
  expect(durations.some((value) => value > 5_000 && value < 10_000)).toBe(true);
});

test('what was written is not written again, and nothing is written of nothing', () => {
  metrics.request('GET', '/a', 200, 1);
  expect(written()).toHaveLength(2);
  expect(written()).toEqual([]);
});
