import { visible } from '../changes/visible-text';
import type { ApplyOutcome, Unlock } from '../operations/apply-reviewed';
import { type ApplyReport, isWhole } from '../review/apply-report';
import { diagnosticsGroup } from './groups';
import { bytes, code, fence, number, plural, prose, shorten, some } from './markdown';
import { releaseLine, releaseTrouble } from './render-release';
import { fitSections, type Section } from './sections';
import { line, stackName, stackNames, stackTitle } from './words';

type Of<O extends ApplyOutcome['outcome']> = Extract<ApplyOutcome, { readonly outcome: O }>;

/**
 * What became of an environment's apply, as Markdown: a headline, a row a stack, why it stopped and how to go on. What does
 * not fit is counted; the digests to approve and the commands come first.
 * @param runUrl of the run that applied. @default none
 * @param budget in bytes of UTF-8
 */
export function renderApply(report: ApplyReport, runUrl: string | undefined, budget: number): string {
  const { environment, stacks } = report;
  const headlined = `## ${code(environment)}: ${headline(report)}`;
  const where = runUrl === undefined ? '' : ` by [this run](<${encodeURI(runUrl)}>)`;
  const footer = `<sub>Applied at ${code(report.commit)}${where}</sub>`;
  const room = budget - bytes(headlined) - bytes(footer) - 8;
  const releases = report.releases.slice(0, MOST_RELEASES).map((release) => `- ${releaseLine(release)}`);
  const top = [
    headlined,
    ...trouble(report, room / 2),
    ...(releases.length > 0 ? [releases.join('\n')] : []),
  ].join('\n\n');
  const head = [top, table(stacks, (budget - bytes(top) - bytes(footer)) / 2)].join('\n\n');
  const left = budget - bytes(head) - bytes(footer) - 6;
  const details = fitSections(stacks.flatMap(sectionOf), left).markdown;
  return `${[head, details, footer].filter((part) => part !== '').join('\n\n')}\n`;
}

function headline(report: ApplyReport): string {
  const having = (outcome: ApplyOutcome['outcome']): number =>
    report.stacks.filter((one) => one.outcome === outcome).length;
  if (having('not reviewed') > 0 && having('applied') === 0) return 'stopped, and nothing was changed';
  const stopped = report.releases.flatMap((one) => (one.outcome === 'failed' ? [one] : []));
  if (stopped.length > 0) {
    const where = stopped.map(({ service, step }) => `${code(service)} at its ${step}`);
    return `${plural(stopped.length, 'release')} stopped, ${some(where, MOST_RELEASES)}`;
  }
  if (!isWhole(report)) {
    const left = report.stacks.length - having('applied') - having('unchanged');
    return `not applied whole, ${plural(left, 'stack')} left`;
  }
  const released = report.releases.map(({ service }) => code(service));
  if (released.length > 0) return `released ${some(released, MOST_RELEASES)}`;
  return having('applied') === 0 ? 'nothing to do' : `applied, ${plural(having('applied'), 'stack')} changed`;
}

const MOST_RELEASES = 5;

function trouble({ stacks, releases }: ApplyReport, budget: number): readonly string[] {
  const notReviewed = stacks.filter((one) => one.outcome === 'not reviewed');
  const failed = stacks.filter((one) => one.outcome === 'failed');
  const stopped = notReviewed.length === 0 ? [] : whatToApprove(notReviewed);
  const broken =
    failed.length === 0
      ? []
      : [
          `**Failed**: ${names(failed)}. What is done stays done; when the cause is mended, run the failed job again, and it goes on from there.`,
        ];
  const room = (budget - bytes(quoted([...stopped, ...broken].join('\n\n')))) / 3;
  const problems = [...new Set(notReviewed.flatMap(({ problems: own }) => own))];
  const reasons = fitting(
    problems.map((problem) => prose(shorten(problem, 500))),
    room,
    (rest) => `${plural(rest, 'more reason')}: the log of the run has all.`,
  );
  const locks = fitting(
    failed.flatMap(({ stack, unlock }) => (unlock === undefined ? [] : [howToUnlock(stack, unlock)])),
    room,
    (rest) => `${plural(rest, 'more stack')} locked.`,
  );
  const unreleased = fitting(
    releases.flatMap((release) => {
      const said = releaseTrouble(release).join('\n\n');
      return said === '' ? [] : [said];
    }),
    room,
    (rest) => `${plural(rest, 'more release')} stopped: the log of the run has why.`,
  );
  const said = [...stopped.slice(0, 1), ...reasons, ...stopped.slice(1), ...unreleased, ...broken, ...locks];
  return said.length === 0 ? [] : [`> [!CAUTION]\n${quoted(said.join('\n\n'))}`];
}

function whatToApprove(stacks: readonly Of<'not reviewed'>[]): readonly string[] {
  const shown = stacks.slice(0, MOST_DIGESTS);
  const first =
    shown.length < stacks.length ? ` These are the first ${shown.length} of ${stacks.length} stacks.` : '';
  return [
    `**What would be done now is not what was reviewed**, in ${names(stacks)}.`,
    `To go on, either open a pull request whose plan shows it, or look at it below and approve exactly this: run the workflow \`apply\` by hand, on the same branch, with${first}`,
    fence('text', [`approve: ${shown.map(({ digest }) => digest).join(',')}`]),
  ];
}

/** A plan of more stacks is not approved by hand. */
const MOST_DIGESTS = 50;

function howToUnlock(stack: string, { lock, run }: Unlock): string {
  const since = lock.created === '' ? '' : ` since ${shorten(lock.created, 60)}`;
  const by = run === undefined ? '' : ` The apply that began last and did not end: ${shorten(run, 300)}.`;
  return [
    `${stackName(stack)} is locked by ${code(shorten(lock.who, 200))}${prose(since)}.${prose(by)} Nobody takes that lock off by itself. When nothing works on it any more:`,
    fence('sh', unlockCommand(stack, lock.id)),
  ].join('\n\n');
}

function names(stacks: readonly ApplyOutcome[]): string {
  return stackNames(stacks.map(({ stack }) => stackName(stack)));
}

/** The first blocks that fit, quoted, and how many there are besides. */
function fitting(
  blocks: readonly string[],
  budget: number,
  more: (rest: number) => string,
): readonly string[] {
  let left = budget - bytes(more(blocks.length)) - 4;
  const fit = blocks.findIndex((block) => {
    left -= bytes(quoted(block)) + 4;
    return left < 0;
  });
  return fit < 0 ? blocks : [...blocks.slice(0, fit), more(blocks.length - fit)];
}

/** In a checkout, with credentials that may write the state. */
export function unlockCommand(stack: string, id: string): readonly string[] {
  const folder = `cdktf.out/stacks/${stack}`;
  const safe = /^[\w-]{1,64}$/.test(id) ? id : '<the id that terraform names>';
  return [
    'npm run synth',
    `terraform -chdir=${folder} init -lockfile=readonly`,
    `terraform -chdir=${folder} force-unlock ${safe}`,
  ];
}

/** All rows, or those of stacks that are not done before the others. */
function table(stacks: readonly ApplyOutcome[], budget: number): string {
  const head = ['| Stack | Result |', '| --- | --- |'];
  const rows = new Map(stacks.map((one) => [one, `| ${stackName(one.stack)} | ${resultOf(one)} |`]));
  const kept = new Set<ApplyOutcome>();
  let left = budget - bytes(head.join('\n')) - LEFT_OUT_ROWS;
  for (const one of [...stacks].sort((a, b) => Number(isDone(a)) - Number(isDone(b)))) {
    left -= bytes(rows.get(one)!) + 1;
    if (left < 0) break;
    kept.add(one);
  }
  const shown = [...head, ...stacks.filter((one) => kept.has(one)).map((one) => rows.get(one)!)].join('\n');
  return kept.size === stacks.length
    ? shown
    : `${shown}\n\n${number(kept.size)} of ${plural(stacks.length, 'stack')} shown.`;
}

/** Bytes kept for the sentence that counts what is not in the table. */
const LEFT_OUT_ROWS = 60;

function isDone({ outcome }: ApplyOutcome): boolean {
  return outcome === 'applied' || outcome === 'unchanged';
}

function resultOf(one: ApplyOutcome): string {
  switch (one.outcome) {
    case 'applied':
      return `applied: ${prose(shorten(one.did, 200))} (${prose(shorten(one.by, 100))})`;
    case 'unchanged':
      return 'no changes';
    case 'not reviewed':
      return `**not reviewed**: ${plural(one.mismatches.length, 'change')}`;
    case 'failed':
      return '**failed**';
    case 'not begun':
      return `not begun: ${prose(shorten(one.because, 200))}`;
  }
}

function sectionOf(one: ApplyOutcome): readonly Section[] {
  const title = stackTitle(one.stack);
  if (one.outcome === 'failed')
    return [{ summary: `${title}: failed`, open: true, groups: [diagnosticsGroup(one.message)] }];
  if (one.outcome !== 'not reviewed') return [];
  const items = one.mismatches.map(({ address, sentence }) => ({
    // It names attributes, some of them as a result file has them.
    head: () => line('!', address, [visible(shorten(sentence, 500))]),
  }));
  const group = { title: 'Not reviewed', rank: 0, language: 'diff', items } as const;
  const end = `<sub>digest of this plan: ${code(one.digest)}</sub>`;
  return [{ summary: `${title}: not reviewed`, open: true, groups: [group], end }];
}

function quoted(text: string): string {
  return text
    .split('\n')
    .map((one) => (one === '' ? '>' : `> ${one}`))
    .join('\n');
}
