import { check } from 'k6';
import http, { type RefinedResponse, type ResponseType } from 'k6/http';
import { Counter } from 'k6/metrics';

/** Journeys that made every request and every check. One that throws or gives up midway is not among them. */
export const JOURNEYS_COMPLETED = 'journeys_completed';

/** No single request is waited for longer; the rest of the journey needs its answer. */
const REQUEST_TIMEOUT = '2s';

const target = targetUrl();
const completed = new Counter(JOURNEYS_COMPLETED);

/** Books a shipment, looks it up, sees it in the list, and cancels it. Leaves the database as it was. */
export function shipmentJourney(): void {
  const body = JSON.stringify({
    container: 'MSKU1234565',
    origin: 'NLRTM',
    destination: 'SGSIN',
    weightKg: 21_000,
  });
  const created = http.post(`${target}/shipments`, body, {
    ...named('POST /shipments'),
    headers: { 'content-type': 'application/json' },
  });
  if (!check(created, { 'a shipment is created': ({ status }) => status === 201 })) return;

  const location = `${target}${created.headers['Location']}`;
  const found = http.get(location, named('GET /shipments/:id'));
  check(found, {
    'it is found': (response) => response.status === 200 && response.json('id') === created.json('id'),
  });

  const list = http.get(`${target}/shipments?limit=10`, named('GET /shipments'));
  check(list, { 'the list has shipments': (response) => response.status === 200 && countOf(response) > 0 });

  const deleted = http.del(location, null, named('DELETE /shipments/:id'));
  check(deleted, { 'it is deleted': ({ status }) => status === 204 });
  completed.add(1);
}

/** Requests are counted by route: their URLs differ in every iteration. */
function named(name: string): { tags: { name: string }; timeout: string } {
  return { tags: { name }, timeout: REQUEST_TIMEOUT };
}

function countOf(response: RefinedResponse<ResponseType | undefined>): number {
  const items = response.json('items');
  return Array.isArray(items) ? items.length : 0;
}

function targetUrl(): string {
  const given = __ENV['TARGET'];
  if (given === undefined || !/^https?:\/\/[^/]/.test(given)) {
    throw new Error(`TARGET must be the service's URL, got "${given ?? ''}": k6 run -e TARGET=https://… …`);
  }
  return given.replace(/\/+$/, '');
}
