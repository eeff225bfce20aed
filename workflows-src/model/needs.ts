import { condition, ExpressionError, expressionsIn, partsOf, type Term } from './expressions';
import { same } from './names';
import type { AnyJob, AnyWorkflow } from './workflow';

/**
 * The jobs that end before a job begins: those in its `needs`, or, where it has none, those that it reads in its
 * expressions, in the workflow's order.
 */
export function needsOf({ jobs }: Pick<AnyWorkflow, 'jobs'>, id: string): readonly string[] {
  const job = jobs[id];
  if (!job) return [];
  if (job.needs !== undefined) return job.needs;
  const read = termsOf(job)
    .flatMap(partsOf)
    .flatMap((term) => (term.kind === 'reference' && same(term.path[0] ?? '', 'needs') ? term.path[1] : []));
  return Object.keys(jobs).filter((other) => other !== id && read.some((name) => same(name ?? '', other)));
}

/** Every expression of a job. One that cannot be read is left out: the checks tell of it. */
function termsOf(value: AnyJob | object): Term[] {
  return Object.entries(value).flatMap(([key, below]: [string, unknown]): Term[] => {
    if (typeof below === 'object' && below !== null) return termsOf(below);
    if (typeof below !== 'string') return [];
    try {
      return key === 'if' ? [condition(below)] : expressionsIn(below);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return [];
    }
  });
}

/** Jobs that wait for themselves through others, each circle once, from its first job in the workflow's order. */
export function circles(workflow: AnyWorkflow): string[][] {
  return circlesIn(Object.keys(workflow.jobs), (id) => needsOf(workflow, id));
}

/** The circles of a graph, each once. */
export function circlesIn(ids: readonly string[], next: (id: string) => readonly string[]): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (id: string, above: readonly string[]): void => {
    const start = above.indexOf(id);
    if (start >= 0) found.push([...above.slice(start), id]);
    if (start >= 0 || done.has(id)) return;
    for (const other of next(id)) visit(other, [...above, id]);
    done.add(id);
  };
  for (const id of ids) visit(id, []);
  return found;
}
