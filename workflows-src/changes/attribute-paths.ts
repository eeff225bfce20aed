import { child } from './json';

/** One step into a value: an attribute or map key, or an index of a list. */
export type Step = string | number;

/** `engine_version`, `ingress[0].cidr_blocks`, `tags["cost.center"]`: as one writes it in Terraform. */
export function pathText(steps: readonly Step[]): string {
  let text = '';
  for (const step of steps) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (IDENTIFIER.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/**
 * The path as far as it may be shown: it ends at the first step that is marked sensitive, because what lies inside may
 * be named after a secret.
 * @param marks the plan's `before_sensitive` and `after_sensitive`
 */
export function visiblePath(steps: readonly Step[], marks: readonly unknown[]): readonly Step[] {
  let inside = marks;
  for (let shown = 0; shown < steps.length; shown += 1) {
    if (inside.includes(true)) return steps.slice(0, shown);
    inside = inside.map((mark) => child(mark, steps[shown]!));
  }
  return steps;
}

const IDENTIFIER = /^[A-Za-z_][\w-]*$/;
