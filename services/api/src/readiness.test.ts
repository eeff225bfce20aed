import { databaseReadiness } from './readiness';

test('asks the database once a second, whoever asks', async () => {
  let pings = 0;
  let time = 0;
  const answers = databaseReadiness(
    async () => {
      pings += 1;
    },
    () => time,
  );
  expect(await Promise.all([answers(), answers(), answers()])).toEqual([true, true, true]);
  time = 999;
  await answers();
  expect(pings).toBe(1);
  time = 1_000;
  await answers();
  expect(pings).toBe(2);
});

test('a database that fails is not ready, and is ready again a second after it recovered', async () => {
  let time = 0;
  let broken = true;
  const answers = databaseReadiness(
    async () => {
      if (broken) throw new Error('connect ECONNREFUSED');
    },
    () => time,
  );
  expect(await answers()).toBe(false);
  broken = false;
  expect(await answers()).toBe(false);
  time = 1_000;
  expect(await answers()).toBe(true);
});

test('a database that says nothing for 2 seconds is not ready', async () => {
  expect(await databaseReadiness(() => new Promise(() => undefined))()).toBe(false);
});
