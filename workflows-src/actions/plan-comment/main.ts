import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { getInput, info, setFailed, setOutput, setSecret, summary } from '@actions/core';
import { context, getOctokit } from '@actions/github';

import { readInputs } from '../../model/action';
import { planComment } from './action';
import { commentBody, summaryBody } from './body';
import { PAGE_SIZE, upsertComment, type Comments } from './upsert';

async function main(): Promise<void> {
  const { folder, environments, author, token } = readInputs(planComment, getInput);
  if (token === '') throw new Error('token: got nothing; valid: a token that may write comments');
  setSecret(token);
  const pullRequest = context.payload.pull_request?.number;
  if (pullRequest === undefined) {
    throw new Error(
      `the event '${context.eventName}' has no pull request; valid: a workflow that runs on pull_request`,
    );
  }

  const { serverUrl, runId, repo } = context;
  const runUrl = `${serverUrl}/${repo.owner}/${repo.repo}/actions/runs/${runId}`;
  const plans = environments.split(',').map((environment) => {
    const file = join(folder, `plan-${environment}.md`);
    return { environment, markdown: existsSync(file) ? readFileSync(file, 'utf8') : undefined };
  });

  await summary.addRaw(summaryBody(plans, runUrl), true).write();
  const comments = commentsOf(getOctokit(token), pullRequest);
  const result = await upsertComment(comments, author, commentBody(plans, runUrl));
  info(`comment on pull request ${pullRequest}: ${result}`);
  setOutput('result', result);
}

function commentsOf(octokit: ReturnType<typeof getOctokit>, pullRequest: number): Comments {
  const { issues } = octokit.rest;
  return {
    async list(page) {
      const { data } = await issues.listComments({
        ...context.repo,
        issue_number: pullRequest,
        per_page: PAGE_SIZE,
        page,
      });
      return data.map(({ id, user, body }) => ({ id, author: user?.login, body: body ?? '' }));
    },
    async create(body) {
      await issues.createComment({ ...context.repo, issue_number: pullRequest, body });
    },
    async update(id, body) {
      await issues.updateComment({ ...context.repo, comment_id: id, body });
    },
  };
}

main().catch((error: unknown) => setFailed(error instanceof Error ? error : String(error)));
