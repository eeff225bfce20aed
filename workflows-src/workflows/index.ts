import type { Workflow } from '../model/workflow';
import { apply } from './apply';
import { ci } from './ci';
import { codeql } from './codeql';
import { dependencyReview } from './dependency-review';
import { drift } from './drift';
import { loadTest } from './load-test';
import { plan } from './plan';
import type { Project } from './project';
import { rollback } from './rollback';
import { scorecard } from './scorecard';

/** Every workflow by its file name without `.yml`; the source is the file of the same name beside this one. */
export const workflows: Readonly<Record<string, (project: Project) => Workflow>> = {
  apply,
  ci,
  codeql,
  'dependency-review': dependencyReview,
  drift,
  'load-test': loadTest,
  plan,
  rollback,
  scorecard,
};
