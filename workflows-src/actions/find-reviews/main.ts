import { readFileSync, writeFileSync } from 'node:fs';

import { getInput, info, setFailed, setOutput, setSecret, warning } from '@actions/core';
import { Context } from '@actions/github/lib/context';

import { connect } from '../../github/connect';
import { readInputs, writeOutputs } from '../../model/action';
import { findReviews } from '../../review/find-reviews';
import { readLastApplied } from '../../review/reviews';
import { findReviewsAction } from './action';

async function main(): Promise<void> {
  const context = new Context();
  const { environment, applied, output, before, token } = readInputs(findReviewsAction, getInput);
  setSecret(token);
  const branch = /^refs\/heads\/(.+)$/.exec(context.ref)?.[1];
  if (branch === undefined) throw new Error(`got ${context.ref}; valid: a run on a branch`);
  const lastApplied = readLastApplied(readFileSync(applied), applied);
  const reviews = await findReviews(connect(token, process.env), {
    environment,
    commit: context.sha,
    branch,
    before,
    lastApplied,
  });
  for (const { number, problem, stacks, results } of reviews.pullRequests) {
    if (problem !== undefined) warning(`pull request ${number}: ${problem}`);
    else
      info(
        `pull request ${number}: ${results.length} plans, counting for ${stacks.join(', ') || 'no stack'}`,
      );
  }
  if (reviews.pullRequests.length === 0) info('no pull request was merged since the last apply');
  writeFileSync(output, JSON.stringify(reviews));
  const pulls = JSON.stringify(reviews.pullRequests.map(({ number }) => number));
  writeOutputs(findReviewsAction, setOutput, { pulls });
}

main().catch((error: unknown) => setFailed(error instanceof Error ? error : String(error)));
