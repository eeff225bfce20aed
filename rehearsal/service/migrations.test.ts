import { buildService, migrate } from './instance';
import { Postgres } from '../postgres';
import { onPostgres } from './support';

onPostgres('ten migration tasks at once on an empty database', () => {
  let postgres: Postgres;
  beforeAll(async () => {
    await buildService();
    postgres = await Postgres.start();
  }, 60_000);
  afterAll(() => postgres?.stop());

  test('one applies, nine find nothing to do, and all end with 0', async () => {
    const url = await postgres.create('ten');
    const results = await Promise.all(Array.from({ length: 10 }, () => migrate(url)));
    const lines = results.map(
      ({ stdout }) => JSON.parse(stdout.toString('utf8')) as { msg: string; applied: string[] },
    );
    expect(results.map(({ code }) => code)).toEqual(Array(10).fill(0));
    const applied = lines.filter((line) => line.applied.length > 0);
    expect(applied.map(({ msg }) => msg)).toEqual(['schema migrated']);
    expect(lines.filter(({ msg }) => msg === 'schema is up to date')).toHaveLength(9);
    expect(await postgres.query('ten', 'select name from schema_migrations order by name')).toEqual(
      applied[0]?.applied,
    );
  }, 60_000);
});
