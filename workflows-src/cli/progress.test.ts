import { ProgressBoard } from './progress';

function board(isTerminal: boolean) {
  let now = 0;
  const written: string[] = [];
  const progress = new ProgressBoard(
    { write: (text) => void written.push(text), ...(isTerminal && { columns: 60 }) },
    () => now,
  );
  return { progress, written, after: (seconds: number) => (now += seconds * 1000) };
}

test('without a terminal, a line is written for each new state, not for each step within one', () => {
  const { progress, written, after } = board(false);
  progress.set('dev-network', 'planning');
  after(4);
  progress.set('dev-network', 'applying, 1 of 2');
  progress.set('dev-network', 'applying, 2 of 2');
  after(61);
  progress.set('dev-network', 'applied: 2 to add', 'end');
  expect(written).toEqual([
    '  dev-network         0:00  planning\n',
    '  dev-network         0:04  applying, 1 of 2\n',
    '  dev-network         1:05  applied: 2 to add\n',
  ]);
});

test('on a terminal, the lines are repainted in place and text goes above them', () => {
  const { progress, written } = board(true);
  progress.set('a', 'planning');
  progress.set('b', 'planning');
  progress.say('hello\n');
  progress.close();
  expect(written.join('')).toBe(
    [
      '  a                   0:00  planning\n',
      '\x1b[1A\x1b[0J  a                   0:00  planning\n  b                   0:00  planning\n',
      '\x1b[2A\x1b[0Jhello\n',
      '  a                   0:00  planning\n  b                   0:00  planning\n',
      '\x1b[2A\x1b[0J  a                   0:00  planning\n  b                   0:00  planning\n',
    ].join(''),
  );
});

test('a stack that ended and begins again has a new clock', () => {
  const { progress, written, after } = board(false);
  progress.set('a', 'done', 'end');
  after(30);
  progress.set('a', 'planning');
  expect(written[1]).toBe('  a                   0:00  planning\n');
});
