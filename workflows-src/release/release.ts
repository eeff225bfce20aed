import type { SynthesizedStack } from '../graph/synthesized';

/** The steps of a release, in order. */
export const STEPS = [
  'attestation',
  'tasks',
  'migration',
  'service',
  'smoke test',
  'release pointer',
] as const;
export type ReleaseStep = (typeof STEPS)[number];

/** What a release does besides applying the two stacks of its service. Each throws when it does not hold. */
export interface Release {
  readonly service: string;
  /** `repository@sha256:…`. */
  readonly image: string;
  /** What runs now, and is put back when a step fails. @default nothing was released yet */
  readonly previous?: string;
  /** That the image was built from this repository's main, by its workflow. */
  verify(): Promise<void>;
  /** @param outputs of the tasks stack, as it was just applied. */
  migrate(outputs: Readonly<Record<string, unknown>>): Promise<void>;
  /** Load on the environment, judged. */
  smokeTest(): Promise<void>;
  /** Says that the image runs. */
  record(): Promise<void>;
}

/** What became of a release. */
export type ReleaseOutcome = { readonly service: string; readonly image: string } & (
  | { readonly outcome: 'released' }
  | { readonly outcome: 'not begun'; readonly because: string }
  | {
      readonly outcome: 'failed';
      readonly step: ReleaseStep;
      readonly message: string;
      readonly back: PutBack;
    }
);

/** What runs after a release that failed. */
export type PutBack =
  /** Nothing had been touched. */
  | { readonly state: 'untouched' }
  /** The image from before runs again. */
  | { readonly state: 'put back'; readonly image: string }
  /** There is no image from before. */
  | { readonly state: 'nothing before' }
  /** It was not: why. */
  | { readonly state: 'not put back'; readonly because: string };

export const tasksStackOf = (environment: string, service: string): string =>
  `${environment}-tasks-${service}`;

/** The service whose tasks or service stack this is. */
export function serviceOf({
  id,
}: Pick<SynthesizedStack, 'id'>): { service: string; part: 'tasks' | 'service' } | undefined {
  const { part, service } = /-(?<part>tasks|service)-(?<service>[a-z0-9]+)$/.exec(id)?.groups ?? {};
  return service === undefined ? undefined : { service, part: part as 'tasks' | 'service' };
}

/** Where a release stands. */
export class ReleaseRun {
  private step: ReleaseStep = 'attestation';
  private failure: string | undefined;
  private isDone = false;
  /** Whether anything of the service was touched. */
  private touched = false;

  public constructor(public readonly release: Release) {}

  /** @throws whatever the step throws, after it was noted */
  public async at<T>(step: ReleaseStep, work: () => Promise<T>): Promise<T> {
    this.step = step;
    try {
      return await work();
    } catch (error) {
      this.fail(step, error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  public fail(step: ReleaseStep, message: string): void {
    if (this.failure !== undefined) return;
    this.step = step;
    this.failure = message;
  }

  /** From here on there is something to put back. */
  public touch(): void {
    this.touched = true;
  }

  public done(): void {
    this.isDone = true;
  }

  /** One that was begun and is not done has failed, whatever stopped it: an interruption says so nowhere else. */
  public mustHaveEnded(): void {
    if (this.touched && !this.isDone) this.fail(this.step, 'the run was stopped before the release was done');
  }

  public get hasFailed(): boolean {
    return this.failure !== undefined;
  }

  public get isTouched(): boolean {
    return this.touched;
  }

  /** @param back what became of putting the image from before back, for a release that failed */
  public outcome(back: PutBack, because: string): ReleaseOutcome {
    const { service, image } = this.release;
    if (this.failure !== undefined)
      return { service, image, outcome: 'failed', step: this.step, message: this.failure, back };
    return this.isDone
      ? { service, image, outcome: 'released' }
      : { service, image, outcome: 'not begun', because };
  }
}
