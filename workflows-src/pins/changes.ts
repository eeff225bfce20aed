import { visible } from '../changes/visible-text';
import type { PinData, PinInput } from './pin-file';
import { majorsBetween } from './version';

/** What a refresh changed of a pin, in words: the first line says what it is about. None when nothing changed. */
export function changesOf(name: string, before: PinData, after: PinData): readonly string[] {
  const details = [...inputChanges(before.inputs, after.inputs), ...outputChanges(before, after)];
  const isNewer = before.version !== after.version;
  const isSame =
    !isNewer && before.sha === after.sha && before.released === after.released && details.length === 0;
  if (isSame) return before.integrity === after.integrity ? [] : [`${name} ${after.version}: as it says`];

  const majors = majorsBetween(before.version, after.version);
  const [, owner = '', repo = ''] = /^([^/]+)\/([^/]+)/.exec(name) ?? [];
  return [
    isNewer
      ? `${name} ${before.version} → ${after.version}, released ${after.released}`
      : `${name} ${after.version}: corrected`,
    ...(majors > 0
      ? [
          `  NEW MAJOR: read what it breaks: https://github.com/${owner}/${repo}/releases/tag/${after.version}`,
        ]
      : []),
    ...(!isNewer && before.released !== after.released
      ? [`  released ${after.released}, was ${before.released}`]
      : []),
    ...details.map((line) => `  ${line}`),
  ];
}

type Inputs = Readonly<Record<string, PinInput>>;

function inputChanges(before: Inputs, after: Inputs): string[] {
  const kept = Object.keys(after).filter((name) => Object.hasOwn(before, name));
  return [
    ...Object.keys(after)
      .filter((name) => !Object.hasOwn(before, name))
      .map((name) => {
        const input = after[name] as PinInput;
        if (isDemanded(input)) return `new input, REQUIRED: ${name}`;
        return `new input: ${name}${input.default === undefined ? '' : `, default ${said(input.default)}`}`;
      }),
    ...Object.keys(before)
      .filter((name) => !Object.hasOwn(after, name))
      .map((name) => `input GONE: ${name}`),
    ...kept.flatMap((name) => {
      const [old, now] = [before[name] as PinInput, after[name] as PinInput];
      return [
        ...(isDemanded(now) && !isDemanded(old) ? [`input now REQUIRED: ${name}`] : []),
        ...(isDemanded(old) && !isDemanded(now) ? [`input no longer required: ${name}`] : []),
        ...(old.default === now.default
          ? []
          : [`default of ${name}: ${said(now.default)}, was ${said(old.default)}`]),
      ];
    }),
  ];
}

/** One must give it: there is no default to take its place. */
function isDemanded({ required, default: given }: PinInput): boolean {
  return required === true && given === undefined;
}

function outputChanges(before: PinData, after: PinData): string[] {
  const [old, now] = [Object.keys(before.outputs), Object.keys(after.outputs)];
  return [
    ...now.filter((name) => !old.includes(name)).map((name) => `new output: ${name}`),
    ...old.filter((name) => !now.includes(name)).map((name) => `output GONE: ${name}`),
  ];
}

/** A default on one line, whatever it holds. */
function said(value: PinInput['default']): string {
  return value === undefined ? 'none' : visible(JSON.stringify(value));
}
