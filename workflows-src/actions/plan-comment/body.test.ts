import { commentBody, summaryBody } from './body';
import { MARKER } from './upsert';

const RUN = 'https://github.example/o/r/actions/runs/1';

describe('the body of the plan comment', () => {
  it('has every environment in order, below the marker', () => {
    const plans = [
      { environment: 'dev', markdown: '## dev\n\none change\n' },
      { environment: 'prod', markdown: '## prod\n\nno changes\n' },
    ];
    expect(commentBody(plans, RUN)).toBe(
      `${MARKER}\n\n## dev\n\none change\n\n## prod\n\nno changes\n\n[Run](${RUN})`,
    );
  });

  it.each([undefined, ' \n'])('says that a plan failed where its summary is %j', (markdown) => {
    expect(commentBody([{ environment: 'dev', markdown }], RUN)).toContain(
      `## dev\n\nThere is no plan: its job failed. [The run](${RUN}) says why.`,
    );
  });

  it('replaces the longest plan alone when they do not fit together', () => {
    const plans = [
      { environment: 'dev', markdown: 'd'.repeat(40_000) },
      { environment: 'test', markdown: 't'.repeat(10) },
      { environment: 'prod', markdown: 'p'.repeat(30_000) },
    ];
    const body = commentBody(plans, RUN);
    expect(body).toContain(
      `## dev\n\nThe plan is too long for a comment: read it in [the summary of the run](${RUN}).`,
    );
    expect(body).toContain('t'.repeat(10));
    expect(body).toContain('p'.repeat(30_000));
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(65_536);
  });

  it('counts bytes, not characters', () => {
    const body = commentBody([{ environment: 'dev', markdown: '…'.repeat(22_000) }], RUN);
    expect(Buffer.byteLength(body)).toBeLessThan(500);
  });
});

describe('the step summary', () => {
  it('has in full what is too long for a comment', () => {
    const markdown = 'd'.repeat(100_000);
    expect(summaryBody([{ environment: 'dev', markdown }], RUN)).toBe(markdown);
  });

  it('is the comment above a mebibyte, where GitHub would drop it whole', () => {
    const plans = [{ environment: 'dev', markdown: 'd'.repeat(1024 * 1024 + 1) }];
    expect(summaryBody(plans, RUN)).toBe(commentBody(plans, RUN));
  });
});
