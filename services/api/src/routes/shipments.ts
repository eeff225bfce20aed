import type { FastifyInstance } from 'fastify';
import type { Database } from '../database';
import { Problem } from '../problems';
import {
  createShipment,
  deleteShipment,
  findShipment,
  listShipments,
  type NewShipment,
  type Position,
} from '../shipments';

const port = { type: 'string', pattern: '^[A-Z]{2}[A-Z2-9]{3}$', description: 'a UN/LOCODE such as NLRTM' };

const newShipment = {
  type: 'object',
  additionalProperties: false,
  required: ['container', 'origin', 'destination', 'weightKg'],
  properties: {
    container: {
      type: 'string',
      pattern: '^[A-Z]{3}[UJZ][0-9]{7}$',
      description: 'an ISO 6346 container number such as MSKU1234565',
    },
    origin: port,
    destination: port,
    weightKg: { type: 'integer', minimum: 1, maximum: 36_000, description: 'a whole number from 1 to 36000' },
  },
};

const shipment = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    ...newShipment.properties,
    createdAt: { type: 'string', format: 'date-time' },
  },
};

const byId = {
  type: 'object',
  properties: { id: { type: 'string', format: 'uuid', description: 'a UUID' } },
};

const page = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'string', pattern: '^([1-9][0-9]?|100)$', description: 'a whole number from 1 to 100' },
    cursor: { type: 'string', maxLength: 200, description: 'the nextCursor of the page before' },
  },
};

const DEFAULT_PAGE_LENGTH = 20;

export function shipmentRoutes(app: FastifyInstance, database: Database): void {
  app.post<{ Body: NewShipment }>(
    '/shipments',
    { schema: { body: newShipment, response: { 201: shipment } } },
    async (request, reply) => {
      const created = await createShipment(database, request.body);
      return reply.code(201).header('location', `/shipments/${created.id}`).send(created);
    },
  );

  app.get<{ Querystring: { limit?: string; cursor?: string } }>(
    '/shipments',
    {
      schema: {
        querystring: page,
        response: {
          200: {
            type: 'object',
            properties: {
              items: { type: 'array', items: shipment },
              nextCursor: { type: 'string', nullable: true },
            },
          },
        },
      },
    },
    async ({ query }) => {
      const limit = Number(query.limit ?? DEFAULT_PAGE_LENGTH);
      const after = query.cursor === undefined ? undefined : parseCursor(query.cursor);
      // One more than asked for tells whether there is a next page.
      const found = await listShipments(database, limit + 1, after);
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return { items, nextCursor: found.length > limit && last !== undefined ? formatCursor(last) : null };
    },
  );

  app.get<{ Params: { id: string } }>(
    '/shipments/:id',
    { schema: { params: byId, response: { 200: shipment } } },
    async ({ params }) => {
      const found = await findShipment(database, params.id);
      if (found === undefined) throw noSuchShipment(params.id);
      return found;
    },
  );

  app.delete<{ Params: { id: string } }>(
    '/shipments/:id',
    { schema: { params: byId } },
    async ({ params }, reply) => {
      if (!(await deleteShipment(database, params.id))) throw noSuchShipment(params.id);
      return reply.code(204).send();
    },
  );
}

function noSuchShipment(id: string): Problem {
  return new Problem(404, `There is no shipment ${id}.`);
}

/** Opaque to callers, so that the order of the list may change without them. */
function formatCursor({ createdAt, id }: Position): string {
  return Buffer.from(`${createdAt.toISOString()} ${id}`).toString('base64url');
}

function parseCursor(cursor: string): Position {
  const [time, id, ...rest] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  const createdAt = new Date(time ?? '');
  // Only as `formatCursor` writes it: a Date may be of years that PostgreSQL does not take.
  const isTime = /^(?!0000)\d{4}-/.test(time ?? '') && asIso(createdAt) === time;
  const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id ?? '');
  if (id === undefined || !isUuid || rest.length > 0 || !isTime) {
    throw new Problem(400, 'The request is not valid.', [
      { path: '/query/cursor', message: `must be ${page.properties.cursor.description}` },
    ]);
  }
  return { createdAt, id };
}

/** @returns nothing for an invalid date, for which `toISOString` throws */
function asIso(date: Date): string | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
