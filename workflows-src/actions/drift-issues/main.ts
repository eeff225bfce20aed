import { existsSync, readFileSync } from 'node:fs';

import { getInput, info, setFailed, setOutput, setSecret, summary } from '@actions/core';

import { failureOf, logOf, resultOf, summaryOf } from '../../drift/write-issues';
import { connect } from '../../github/connect';
import { readInputs, writeOutputs } from '../../model/action';
import { driftIssues } from './action';
import { keepIssues, parseLimit, type ReportFile } from './keep-issues';

async function main(): Promise<void> {
  const { reports, author, limit, token } = readInputs(driftIssues, getInput);
  const github = connect(token, process.env);
  setSecret(token);
  const files = reports.split(',').map(reportFile);
  const outcome = await keepIssues(github, files, { author, limit: parseLimit(limit) });
  for (const line of logOf(outcome)) info(line);
  writeOutputs(driftIssues, setOutput, { result: resultOf(outcome) });
  await summary.addRaw(summaryOf(outcome), true).write();
  const failure = failureOf(outcome);
  if (failure !== undefined) setFailed(failure);
}

function reportFile(name: string): ReportFile {
  return { name, text: existsSync(name) ? readFileSync(name, 'utf8') : undefined };
}

main().catch((error: unknown) => setFailed(error instanceof Error ? error : String(error)));
