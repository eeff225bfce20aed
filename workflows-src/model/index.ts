/** The typed workflows, as another repository imports them. See docs/workflows.md. */
export { readInputs, type ActionDefinition, type LocalActions } from './action';
export { problemsBetween, problemsOf, type Actions, type Workflows } from './check';
export { command, generate, write, WorkflowError, type Definitions, type Sources } from './generate';
export { PINS } from './pinned';
export { renderAction, renderWorkflow } from './render';
export * from './workflow';
