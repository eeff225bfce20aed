import type { Database } from './database';

/** A container on its way from one port to another. */
export interface Shipment {
  readonly id: string;
  /** ISO 6346, such as `MSKU1234565`. */
  readonly container: string;
  /** UN/LOCODE, such as `NLRTM`. */
  readonly origin: string;
  readonly destination: string;
  readonly weightKg: number;
  readonly createdAt: Date;
}

export type NewShipment = Omit<Shipment, 'id' | 'createdAt'>;

/** The place in the list, newest first, of the last shipment that the caller has. */
export type Position = Pick<Shipment, 'createdAt' | 'id'>;

const COLUMNS = 'id, container, origin, destination, weight_kg as "weightKg", created_at as "createdAt"';

export async function createShipment(database: Database, shipment: NewShipment): Promise<Shipment> {
  const [created] = await database.query<Shipment>(
    `insert into shipments (container, origin, destination, weight_kg) values ($1, $2, $3, $4) returning ${COLUMNS}`,
    [shipment.container, shipment.origin, shipment.destination, shipment.weightKg],
  );
  if (created === undefined) throw new Error('shipments: the insert returned no row');
  return created;
}

export async function findShipment(database: Database, id: string): Promise<Shipment | undefined> {
  const [shipment] = await database.query<Shipment>(`select ${COLUMNS} from shipments where id = $1`, [id]);
  return shipment;
}

/** The `count` shipments that follow `after`, newest first. Costs the same on every page. */
export function listShipments(database: Database, count: number, after?: Position): Promise<Shipment[]> {
  const order = 'order by created_at desc, id desc';
  return after === undefined
    ? database.query<Shipment>(`select ${COLUMNS} from shipments ${order} limit $1`, [count])
    : database.query<Shipment>(
        `select ${COLUMNS} from shipments where (created_at, id) < ($1::timestamptz, $2::uuid) ${order} limit $3`,
        [after.createdAt.toISOString(), after.id, count],
      );
}

/** @returns whether there was one */
export async function deleteShipment(database: Database, id: string): Promise<boolean> {
  const deleted = await database.query('delete from shipments where id = $1 returning id', [id]);
  return deleted.length > 0;
}
