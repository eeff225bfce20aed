import type { ApplyOutcome } from '../operations/apply-reviewed';
import { type ApplyReport, isWhole } from '../review/apply-report';
import { diagnosticsGroup } from './groups';
import { bytes, code, fence, plural, prose, shorten } from './markdown';
import { fitSections, type Section } from './sections';
import { line, stackName, stackTitle } from './words';

/**
 * What became of an environment's apply, as Markdown: a headline, a row a stack, why it stopped and how to go on.
 * @param runUrl of the run that applied. @default none
 * @param budget in bytes of UTF-8
 */
export function renderApply(report: ApplyReport, runUrl: string | undefined, budget: number): string {
  const { environment, stacks } = report;
  const head = [`## ${code(environment)}: ${headline(report)}`, ...trouble(report), table(stacks)].join(
    '\n\n',
  );
  const where = runUrl === undefined ? '' : ` by [this run](<${encodeURI(runUrl)}>)`;
  const footer = `<sub>Applied at ${code(report.commit)}${where}</sub>`;
  const left = budget - bytes(head) - bytes(footer) - 6;
  const details = fitSections(stacks.flatMap(sectionOf), left).markdown;
  return `${[head, details, footer].filter((part) => part !== '').join('\n\n')}\n`;
}

function headline(report: ApplyReport): string {
  const having = (outcome: ApplyOutcome['outcome']): number =>
    report.stacks.filter((one) => one.outcome === outcome).length;
  if (having('not reviewed') > 0 && having('applied') === 0) return 'stopped, and nothing was changed';
  if (!isWhole(report)) {
    const left = report.stacks.length - having('applied') - having('unchanged');
    return `not applied whole, ${plural(left, 'stack')} left`;
  }
  return having('applied') === 0 ? 'nothing to do' : `applied, ${plural(having('applied'), 'stack')} changed`;
}

function trouble({ stacks }: ApplyReport): readonly string[] {
  const notReviewed = stacks.filter((one) => one.outcome === 'not reviewed');
  const failed = stacks.filter((one) => one.outcome === 'failed');
  const said: string[] = [];
  if (notReviewed.length > 0) {
    const problems = [...new Set(notReviewed.flatMap(({ problems: own }) => own))];
    said.push(
      `**What would be done now is not what was reviewed**, in ${notReviewed.map(({ stack }) => stackName(stack)).join(', ')}.`,
      ...problems.map((problem) => prose(shorten(problem, 500))),
      'To go on, either open a pull request whose plan shows it, or look at it below and approve exactly this: run the workflow `apply` by hand, on the same branch, with',
      fence('text', [`approve: ${notReviewed.map(({ digest }) => digest).join(',')}`]),
    );
  }
  if (failed.length > 0) {
    said.push(
      `**Failed**: ${failed.map(({ stack }) => stackName(stack)).join(', ')}. What is done stays done; when the cause is mended, run the failed job again, and it goes on from there.`,
    );
  }
  for (const { stack, unlock } of failed) {
    if (unlock === undefined) continue;
    const { lock, run } = unlock;
    const since = lock.created === '' ? '' : ` since ${lock.created}`;
    const by = run === undefined ? '' : ` The apply that began last and did not end: ${run}.`;
    said.push(
      `${stackName(stack)} is locked by ${code(shorten(lock.who, 200))}${prose(since)}.${prose(by)} Nobody takes that lock off by itself. When nothing works on it any more:`,
      fence('sh', unlockCommand(stack, lock.id)),
    );
  }
  return said.length === 0 ? [] : [`> [!CAUTION]\n${quoted(said.join('\n\n'))}`];
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

function table(stacks: readonly ApplyOutcome[]): string {
  const rows = stacks.map((one) => `| ${stackName(one.stack)} | ${resultOf(one)} |`);
  return ['| Stack | Result |', '| --- | --- |', ...rows].join('\n');
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
    head: () => line('!', address, [shorten(sentence, 500)]),
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
