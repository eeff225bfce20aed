import { writeFileSync } from 'node:fs';

import { getInput, info, setFailed, setOutput, setSecret, summary } from '@actions/core';
import { Context } from '@actions/github/lib/context';

import { connect } from '../../github/connect';
import { readInputs, writeOutputs } from '../../model/action';
import { jsonList } from '../inputs';
import { planComment } from './action';
import { adviceOf, beginPlan, reportPlan, type PlanRun } from './report';

async function main(): Promise<void> {
  const context = new Context();
  const { phase, stacks, removed, folder, seal, author, token } = readInputs(planComment, getInput);
  setSecret(token);
  const github = connect(token, process.env);
  const { serverUrl, runId, repo, payload } = context;
  const pullRequest = payload.pull_request?.number;
  const headSha = (payload.pull_request?.['head'] as { sha?: unknown } | undefined)?.sha;
  if (pullRequest === undefined || typeof headSha !== 'string') {
    throw new Error(
      `the event '${context.eventName}' has no pull request; valid: a workflow that runs on pull_request`,
    );
  }
  const runUrl = `${serverUrl}/${repo.owner}/${repo.repo}/actions/runs/${runId}`;
  const run: PlanRun = { pullRequest, headSha, runUrl, author };
  if (phase === 'begin') {
    info(await beginPlan(github, run));
    return;
  }
  const files = {
    stacks: stacks === '' ? undefined : jsonList('stacks', stacks),
    removed: jsonList('removed', removed === '' ? '[]' : removed),
    folder,
  };
  const reported = await reportPlan(github, run, files, (markdown) => summary.addRaw(markdown, true).write());
  const { result, verdict } = reported;
  writeOutputs(planComment, setOutput, { result, verdict });
  if (reported.seal === undefined) {
    info(
      `a newer commit was pushed to pull request ${pullRequest} meanwhile: its own run writes the comment`,
    );
    return;
  }
  writeFileSync(seal, JSON.stringify(reported.seal));
  info(`comment on pull request ${pullRequest}: ${reported.result}`);
  if (reported.verdict === 'failure') setFailed(adviceOf(reported.description));
}

main().catch((error: unknown) => setFailed(error instanceof Error ? error : String(error)));
