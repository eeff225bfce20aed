import { decide, LABEL, type DecideOptions } from '../../drift/issues';
import { readReport, type DriftReport } from '../../drift/report';
import { writeIssues, type IssueCalls, type Outcome } from '../../drift/write-issues';

export interface ReportFile {
  readonly name: string;
  /** undefined: it is not there. */
  readonly text: string | undefined;
}

/**
 * Reads the reports, and writes the issues of those that can be read.
 * @returns what was done; the problems in it, and the errors of what was not written, are to fail the run
 * @throws Error when the issues cannot be listed: then nothing was written
 */
export async function keepIssues(
  github: IssueCalls,
  files: readonly ReportFile[],
  options: DecideOptions,
): Promise<Outcome> {
  const reports: DriftReport[] = [];
  const problems: string[] = [];
  for (const { name, text } of files) {
    if (text === undefined) {
      problems.push(`${name}: there is no such report: the job that checks this environment says why`);
      continue;
    }
    try {
      reports.push(readReport(text, name));
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  if (reports.length === 0)
    return { written: [], decision: { actions: [], unchanged: [], postponed: [] }, problems };
  const decision = decide(await github.issues(LABEL), reports, options);
  return { written: await writeIssues(github, decision, options.author), decision, problems };
}

/** @throws Error naming what came and what is valid */
export function parseLimit(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new Error(`limit: got '${text}'; valid: a whole number from 0 to 999`);
}
