import { nearestName } from '../base/names.js';
import { readsOfEnvelope, readsOfPath } from '../component/index.js';
import { envelopeOf, inputShape, type Knowledge, type PlanProblem, pathOf } from './knowledge.js';
import type { Stage } from './pipeline.js';

/** Shorter names are all like each other. */
const SHORTEST_NAME = 4;

/**
 * Expressions of transforms, and those in the paths and envelopes of sinks, that read a field which their records never have, where one of nearly that name is there: a field
 * that is missing is null, so that nobody would notice. Names that are like no other are left alone.
 */
export function unknownFields({ order, shapes }: Pick<Knowledge, 'order' | 'shapes'>): PlanProblem[] {
  return order.flatMap((stage) => {
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

function namesReadBy(stage: Stage): readonly string[] {
  const { definition, config } = stage;
  if (definition.kind === 'transform')
    return [...definition.needs(config, { names: new Set(), all: true }).names];
  const path = pathOf(stage);
  const envelope = envelopeOf(stage);
  return [...(path ? readsOfPath(path) : []), ...(envelope ? readsOfEnvelope(envelope) : [])];
}
