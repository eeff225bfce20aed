import { closedValues } from './closed-inputs';
import { KEYS } from './keys';
import { choice, didYouMean } from './names';
import { unknownKeys } from './rules';
import { actionOf, localActionName, usable, type Actions, type Report, type Scope } from './scope';
import type { Step } from './workflow';

/** Settings without which an action does what we do not allow. */
const REQUIRED_SETTINGS: Readonly<Record<string, readonly [input: string, value: unknown, why: string]>> = {
  'actions/checkout': [
    'persist-credentials',
    false,
    'the token would stay in the checkout for every later step',
  ],
  'hashicorp/setup-terraform': ['terraform_wrapper', false, 'the wrapper changes exit codes and output'],
};

const MAX_SHELL_LINES = 5;

/** What is wrong with a step, apart from expressions. */
export function checkStep(step: Step, scope: Scope, report: Report): void {
  if (step.uses === undefined) {
    unknownKeys(step, KEYS.run, report);
    if (step.run.includes('${{'))
      report('run: got ${{ }}, which is pasted into the script; valid: pass the value through env');
    const lines = step.run.trim().split('\n').length;
    if (lines > MAX_SHELL_LINES)
      report(`run: got ${lines} lines; valid: up to ${MAX_SHELL_LINES}, more belongs in TypeScript`);
    return;
  }
  unknownKeys(step, KEYS.uses, report);
  const { uses } = step;
  const action = actionOf(step, scope.actions);
  if (!action) {
    const valid = usable(scope.actions);
    report(`uses: no action '${uses}'${didYouMean(uses, valid)}; ${choice('actions', valid)}`);
    return;
  }
  const given: Readonly<Record<string, unknown>> = step.with ?? {};
  const inputs = Object.keys(action.inputs);
  for (const [input, value] of Object.entries(given)) {
    if (!inputs.includes(input)) {
      report(
        `with: ${uses} has no input '${input}'${didYouMean(input, inputs)}; ${choice('inputs', inputs)}`,
      );
      continue;
    }
    const options = optionsOf(uses, input, scope.actions);
    const text = String(value);
    if (options && !options.includes(text) && !text.includes('${{'))
      report(
        `with: ${uses} takes no '${text}'${didYouMean(text, options)} as '${input}'; ${choice('values', options)}`,
      );
  }
  for (const [input, { required, default: fallback }] of Object.entries(action.inputs)) {
    if (required && fallback === undefined && given[input] === undefined)
      report(`with: ${uses} requires '${input}'`);
  }
  const [input, value, why] = REQUIRED_SETTINGS[uses] ?? [];
  if (input !== undefined && given[input] !== value)
    report(`with: got no '${input}: ${value}'; valid: with it, because ${why}`);
  if (localActionName(uses) !== undefined) {
    for (const before of ['actions/checkout', 'actions/setup-node']) {
      if (!scope.steps.some((other) => other.uses === before))
        report(`uses: our own actions run after ${before}; valid: a step before this`);
    }
  }
}

function optionsOf(uses: string, input: string, actions: Actions): readonly string[] | undefined {
  const local = localActionName(uses);
  return local === undefined ? closedValues(uses, input) : actions[local]?.inputs[input]?.options;
}
