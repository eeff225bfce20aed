import { visible } from '../changes/visible-text';
import type { ApplyResult } from '../operations/apply-reviewed';
import { digestOf } from '../release/pointer';
import type { PutBack, ReleaseOutcome } from '../release/release';
import { bytes, code, fence, prose, shorten } from './markdown';

/**
 * What became of a release that was started by hand, as Markdown.
 * @param budget in bytes of UTF-8
 */
export function renderRelease(
  environment: string,
  { stacks, releases }: ApplyResult,
  budget: number,
): string {
  const lines = releases.map((release) => `## ${code(environment)}: ${releaseLine(release)}`);
  const causes = stacks.flatMap((one) => {
    if (one.outcome === 'failed') return [`${one.stack}: ${one.message}`];
    if (one.outcome !== 'not reviewed') return [];
    return [
      `${one.stack}: ${one.mismatches.map(({ address, sentence }) => `${address} ${sentence}`).join('; ')}`,
    ];
  });
  const said = [...releases.flatMap(releaseTrouble), ...causes.map((cause) => fence('text', shown(cause)))];
  let text = lines.join('\n');
  for (const part of said) if (bytes(text) + bytes(part) + 2 <= budget) text += `\n\n${part}`;
  return `${text}\n`;
}

/** A release in a line. */
export function releaseLine(release: ReleaseOutcome): string {
  const what = `${code(release.service)} ${code(digestOf(release.image))}`;
  switch (release.outcome) {
    case 'released':
      return `${what} was released`;
    case 'not begun':
      return `${what} was not released: ${prose(shorten(release.because, 300))}`;
    case 'failed':
      return `${what} was not released: it stopped at step **${release.step}**`;
  }
}

/** What a person has to know of a release that failed: why, and what runs now. */
export function releaseTrouble(release: ReleaseOutcome): readonly string[] {
  if (release.outcome !== 'failed') return [];
  return [
    `**${release.step}** of ${code(release.service)} failed. ${whatRuns(release.back)}`,
    fence('text', shown(release.message)),
  ];
}

/** Bytes of a cause that are shown; the run's log has all. */
const MOST_CAUSE = 6000;

function shown(text: string): readonly string[] {
  return shorten(text, MOST_CAUSE).split('\n').map(visible);
}

function whatRuns(back: PutBack): string {
  switch (back.state) {
    case 'untouched':
      return 'Nothing of it was touched: what ran before runs.';
    case 'put back':
      return `The image from before, ${code(digestOf(back.image))}, was put back. What the migration did stays.`;
    case 'nothing before':
      return 'There is no image from before to put back: the service is as this release has left it.';
    case 'not put back':
      return `**The image from before was not put back**: ${prose(shorten(back.because, 1000))}`;
  }
}
