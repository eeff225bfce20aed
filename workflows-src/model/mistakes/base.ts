/** What the fixtures share, all of it right. */
export const base = {
  name: 'ship',
  about: 'Has one mistake.',
  concurrency: { group: 'ship', 'cancel-in-progress': false },
} as const;

export const job = {
  'runs-on': 'ubuntu-24.04',
  'timeout-minutes': 5,
  permissions: { contents: 'read' },
} as const;

export const checkout = {
  name: 'Check out',
  uses: 'actions/checkout',
  with: { 'persist-credentials': false },
} as const;

export const attest = {
  id: 'attest',
  name: 'Attest',
  uses: 'actions/attest',
  with: { 'subject-path': 'app.tgz' },
} as const;

export const onPush = { push: { branches: ['main'] } } as const;
