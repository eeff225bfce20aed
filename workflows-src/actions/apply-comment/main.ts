import { existsSync, readFileSync } from 'node:fs';

import { getInput, info, setFailed, setOutput, setSecret, summary } from '@actions/core';
import { Context } from '@actions/github/lib/context';
import * as z from 'zod';

import { connect } from '../../github/connect';
import { readInputs, writeOutputs } from '../../model/action';
import { readApplyReport } from '../../review/apply-report';
import { applyComment } from './action';
import { partOf, tell, type Telling } from './tell';

async function main(): Promise<void> {
  const context = new Context();
  const { report: file, environment, pulls, author, token } = readInputs(applyComment, getInput);
  setSecret(token);
  const report = existsSync(file) ? readApplyReport(readFileSync(file), file) : undefined;
  const { serverUrl, runId, repo } = context;
  const telling: Telling = {
    environment,
    report,
    pulls: report?.pullRequests ?? numbers(pulls),
    runUrl: `${serverUrl}/${repo.owner}/${repo.repo}/actions/runs/${runId}`,
    author,
  };
  await summary.addRaw(partOf(telling), true).write();
  const told = await tell(connect(token, process.env), telling);
  info(`told pull requests ${told.join(', ') || 'none'} of ${telling.pulls.join(', ') || 'none'}`);
  writeOutputs(applyComment, setOutput, { told: JSON.stringify(told) });
}

function numbers(text: string): readonly number[] {
  if (text === '') return [];
  const parsed = z.array(z.int().min(1)).safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`pulls: got ${text}; valid: a JSON list of numbers`);
  return parsed.data;
}

main().catch((error: unknown) => setFailed(error instanceof Error ? error : String(error)));
