import type { ActionName, Pins } from './pinned';

const BOOLEAN = [true, false, 'true', 'false'] as const;

/**
 * Inputs of actions that take nothing but these values, which `action.yml` can only say in prose: as each action documents
 * them. One that no pinned action has does not compile.
 */
export const CLOSED_INPUTS = {
  'actions/checkout': {
    clean: BOOLEAN,
    'fetch-tags': BOOLEAN,
    lfs: BOOLEAN,
    'persist-credentials': BOOLEAN,
    'show-progress': BOOLEAN,
    submodules: [...BOOLEAN, 'recursive'],
  },
  'actions/dependency-review-action': {
    'fail-on-severity': ['low', 'moderate', 'high', 'critical'],
    'comment-summary-in-pr': [...BOOLEAN, 'always', 'on-failure', 'never'],
  },
  'actions/download-artifact': {
    'digest-mismatch': ['ignore', 'info', 'warn', 'error'],
    'merge-multiple': BOOLEAN,
    'skip-decompress': BOOLEAN,
  },
  'actions/setup-node': {
    cache: ['npm', 'yarn', 'pnpm'],
    'check-latest': BOOLEAN,
    'package-manager-cache': BOOLEAN,
  },
  'actions/upload-artifact': {
    archive: BOOLEAN,
    'compression-level': [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    'if-no-files-found': ['warn', 'error', 'ignore'],
    'include-hidden-files': BOOLEAN,
    overwrite: BOOLEAN,
  },
  'aws-actions/amazon-ecr-login': {
    'mask-password': BOOLEAN,
    'registry-type': ['private', 'public'],
    'skip-logout': BOOLEAN,
  },
  'hashicorp/setup-terraform': { terraform_wrapper: BOOLEAN },
  'step-security/harden-runner': { 'egress-policy': ['audit', 'block'] },
} as const satisfies {
  readonly [Action in ActionName]?: {
    readonly [Input in keyof Pins[Action]['inputs']]?: readonly (string | number | boolean)[];
  };
};

type ClosedInputs = typeof CLOSED_INPUTS;

/** What narrows `with` of an action to these values, or to an expression. */
export type Closed<Action> = Action extends keyof ClosedInputs
  ? {
      readonly [Input in keyof ClosedInputs[Action]]?:
        (ClosedInputs[Action][Input] extends readonly (infer Value)[] ? Value : never) | `\${{ ${string} }}`;
    }
  : unknown;

/** The values that an input takes, as texts; undefined where they are not known to be few. */
export function closedValues(action: string, input: string): readonly string[] | undefined {
  const inputs: Readonly<Record<string, readonly unknown[]>> | undefined = Object.hasOwn(
    CLOSED_INPUTS,
    action,
  )
    ? CLOSED_INPUTS[action as keyof ClosedInputs]
    : undefined;
  if (!inputs || !Object.hasOwn(inputs, input)) return undefined;
  return [...new Set(inputs[input]?.map(String))];
}
