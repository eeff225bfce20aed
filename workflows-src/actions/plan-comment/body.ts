import { MARKER, MAX_BODY_BYTES } from './upsert';

export interface EnvironmentPlan {
  readonly environment: string;
  /** The Markdown summary; undefined when its job left none. */
  readonly markdown: string | undefined;
}

/**
 * The comment: every environment's summary in order. Where they do not fit together, the longest are replaced by a line
 * that says where to read them, until the rest fits.
 * @param runUrl the run whose step summary has everything
 */
export function commentBody(plans: readonly EnvironmentPlan[], runUrl: string): string {
  const sections = plans.map((plan) => ({ ...plan, text: sectionOf(plan, runUrl) }));
  const body = (): string => [MARKER, ...sections.map(({ text }) => text), `[Run](${runUrl})`].join('\n\n');
  const longestFirst = [...sections].sort((a, b) => b.text.length - a.text.length);
  for (const section of longestFirst) {
    if (Buffer.byteLength(body()) <= MAX_BODY_BYTES) break;
    section.text = `## ${section.environment}\n\nThe plan is too long for a comment: read it in [the summary of the run](${runUrl}).`;
  }
  return body();
}

/** The step summary: everything, unless GitHub would drop it whole for its size. */
export function summaryBody(plans: readonly EnvironmentPlan[], runUrl: string): string {
  const whole = plans.map((plan) => sectionOf(plan, runUrl)).join('\n\n');
  return Buffer.byteLength(whole) <= MAX_SUMMARY_BYTES ? whole : commentBody(plans, runUrl);
}

/** Of one step. Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits */
const MAX_SUMMARY_BYTES = 1024 * 1024;

function sectionOf({ environment, markdown }: EnvironmentPlan, runUrl: string): string {
  if (markdown !== undefined && markdown.trim() !== '') return markdown.trim();
  return `## ${environment}\n\nThere is no plan: its job failed. [The run](${runUrl}) says why.`;
}
