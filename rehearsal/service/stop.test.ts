import { buildService, launchContainer, launchProcess, migrate, type Launch } from './instance';
import { Postgres } from '../postgres';
import { scratchFolder, type Scratch } from '../scratch';
import { describeStop, stopUnderLoad } from './stop-under-load';
import { onPostgres, serviceImage, testInContainer } from './support';

const DATABASE = 'stop';
const TEST_MS = 150_000;
const REQUESTS = 4_000;
/** Enough to see what another way loses. */
const COMPARED = 1_600;

onPostgres('an instance that gets SIGTERM at 200 requests a second', () => {
  let postgres: Postgres;
  let scratch: Scratch;
  let databaseUrl: string;
  let path: string;

  beforeAll(async () => {
    await buildService();
    scratch = scratchFolder();
    postgres = await Postgres.start();
    databaseUrl = await postgres.create(DATABASE);
    expect((await migrate(databaseUrl)).code).toBe(0);
    const [id] = await postgres.query(
      DATABASE,
      "insert into shipments (container, origin, destination, weight_kg) values ('MSKU1234565', 'NLRTM', 'SGSIN', 21000) returning id",
    );
    path = `/shipments/${id}`;
  }, TEST_MS);
  afterAll(async () => {
    await postgres?.stop();
    await scratch?.remove();
  });

  const losesNone = async (shape: string, launch: Launch, workMs: number): Promise<void> => {
    const options = { launch, folder: scratch.path, databaseUrl, path, workMs } as const;
    const own = await stopUnderLoad({ ...options, requests: REQUESTS, stop: 'its own' });
    const plain = await stopUnderLoad({ ...options, requests: COMPARED, stop: 'close' });
    process.stderr.write(
      `${shape}, ${workMs} ms of work\n  its own way  ${describeStop(own)}\n  close()      ${describeStop(plain)}\n`,
    );
    expect(own.sent).toBe(REQUESTS);
    expect(own.lost).toEqual([]);
    expect(own.exitCode).toBe(0);
    expect(own.secondsToExit).toBeLessThanOrEqual(5);
    // All three were in it, or nothing was shown.
    expect(Math.min(...own.answered)).toBeGreaterThan(REQUESTS / 20);
    expect(own.answered.reduce((sum, count) => sum + count)).toBe(REQUESTS);
    // The same harness sees what another way loses.
    expect(plain.sent).toBe(COMPARED);
    expect(plain.lost.length).toBeGreaterThan(0);
  };

  test.each([50, 1_500])(
    'loses none of %d ms each as a process, where close() at once does',
    (workMs) => losesNone('process', launchProcess, workMs),
    TEST_MS,
  );

  testInContainer().each([50, 1_500])(
    'loses none of %d ms each as a container, where close() at once does',
    (workMs) => {
      if (serviceImage === '')
        throw new Error('SERVICE_IMAGE: must name an image of the service; npm run image builds one');
      return losesNone('container', launchContainer(serviceImage), workMs);
    },
    TEST_MS,
  );
});
