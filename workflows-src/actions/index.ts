import { applyComment } from './apply-comment/action';
import { changedServices } from './changed-services/action';
import { driftIssues } from './drift-issues/action';
import { findReviewsAction } from './find-reviews/action';
import { planComment } from './plan-comment/action';

/** The actions that this repository ships, by folder name here and under `.github/actions`. */
export const actions = {
  'apply-comment': applyComment,
  'changed-services': changedServices,
  'drift-issues': driftIssues,
  'find-reviews': findReviewsAction,
  'plan-comment': planComment,
} as const;

type Registered = typeof actions;
declare module '../model/action' {
  interface LocalActions extends Registered {}
}
