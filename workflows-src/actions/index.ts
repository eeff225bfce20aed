import { changedServices } from './changed-services/action';
import { driftIssues } from './drift-issues/action';
import { planComment } from './plan-comment/action';

/** The actions that this repository ships, by folder name here and under `.github/actions`. */
export const actions = {
  'changed-services': changedServices,
  'drift-issues': driftIssues,
  'plan-comment': planComment,
} as const;

type Registered = typeof actions;
declare module '../model/action' {
  interface LocalActions extends Registered {}
}
