import { cronProblem } from './cron';
import { KEYS, TRIGGER_KEYS } from './keys';
import { choice, didYouMean } from './names';
import type { Report } from './scope';
import { ID, ID_RULE, unknownKeys } from './rules';
import type { AnyWorkflow, CallInput, DispatchInput } from './workflow';

/** What is wrong with what starts a workflow, apart from expressions. */
export function checkTriggers({ on }: AnyWorkflow, report: Report): void {
  unknownKeys(on, KEYS.triggers, (problem) => report(`on: ${problem}`));
  if (Object.keys(on).length === 0) report(`on: got no trigger; ${choice('triggers', KEYS.triggers)}`);
  for (const [event, keys] of Object.entries(TRIGGER_KEYS)) {
    const filter = on[event as keyof typeof TRIGGER_KEYS];
    if (filter) unknownKeys(filter, keys, (problem) => report(`on.${event}: ${problem}`));
  }
  for (const { cron } of on.schedule ?? []) {
    const problem = cronProblem(cron);
    if (problem) report(`on.schedule: ${problem}`);
  }
  for (const [name, input] of Object.entries(on.workflow_dispatch?.inputs ?? {}))
    checkInput(name, input, (problem) => report(`on.workflow_dispatch.inputs.${name}: ${problem}`));
  for (const [name, input] of Object.entries(on.workflow_call?.inputs ?? {}))
    checkInput(name, input, (problem) => report(`on.workflow_call.inputs.${name}: ${problem}`));
}

function checkInput(name: string, input: DispatchInput | CallInput, report: Report): void {
  if (!ID.test(name)) report(`got this name; valid: ${ID_RULE}`);
  const fallback = 'default' in input ? input.default : undefined;
  if (input.type === 'choice') {
    const { options } = input;
    if (options.length === 0) report('options: got none; valid: one or more');
    if (new Set(options).size < options.length) report('options: got one twice; valid: each once');
    if (fallback !== undefined && !options.includes(String(fallback)))
      report(
        `default: got '${fallback}'${didYouMean(String(fallback), options)}; ${choice('values', options)}`,
      );
    return;
  }
  const type = input.type === 'boolean' || input.type === 'number' ? input.type : 'string';
  if (fallback !== undefined && typeof fallback !== type && !String(fallback).startsWith('${{'))
    report(`default: got ${JSON.stringify(fallback)}; valid: a ${type}`);
}
