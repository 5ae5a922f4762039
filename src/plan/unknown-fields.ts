import { nearestName } from '../base/names.js';
import type { TransformDefinition } from '../component/index.js';
import { inputShape, type Knowledge, type PlanProblem } from './knowledge.js';
import type { Stage } from './pipeline.js';

/** Shorter names are all like each other. */
const SHORTEST_NAME = 4;

/**
 * Expressions of transforms that read a field which their records never have, where one of nearly that name is there: a field
 * that is missing is null, so that nobody would notice. Names that are like no other are left alone.
 */
export function unknownFields({ order, shapes }: Pick<Knowledge, 'order' | 'shapes'>): PlanProblem[] {
  return order.flatMap((stage) => {
    if (stage.kind !== 'transform') return [];
    const { fields, open } = inputShape(stage, shapes);
    if (open) return [];
    return namesReadBy(stage).flatMap((name) => {
      const isOdd = !fields.has(name) && name.length >= SHORTEST_NAME;
      const nearest = isOdd ? nearestName(name, fields.keys()) : undefined;
      if (nearest === undefined) return [];
      return [{ stage, message: `its records have no field "${name}" (did you mean "${nearest}"?)` }];
    });
  });
}

function namesReadBy({ definition, config }: Stage): string[] {
  return [...(definition as TransformDefinition).needs(config, { names: new Set(), all: true }).names];
}
