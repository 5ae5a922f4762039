import {
  type Config,
  EXPRESSION,
  FieldError,
  type Transform,
  type TransformDefinition,
} from '../component/index.js';
import { parseExpression, parseTemplate } from '../expression/index.js';
import {
  assignConstant,
  assignExpression,
  assignTemplate,
  drop,
  keep,
  rename,
  type Step,
} from './map-steps.js';

/** What the configuration asks for, in the order in which it is done. */
function stepsOf(config: Config): Step[] {
  const names = (option: string) => config[option] as readonly string[] | undefined;
  const entries = (option: string) => Object.entries((config[option] as object | undefined) ?? {});
  const steps: Step[] = [];
  for (const [name, text] of entries('set')) steps.push(assignExpression(name, parseExpression(text)));
  for (const [name, value] of entries('add')) {
    if (typeof value === 'string') steps.push(assignTemplate(name, parseTemplate(value)));
    else steps.push(assignConstant(name, value));
  }
  for (const [from, to] of entries('rename')) steps.push(rename(from, to));
  const kept = names('keep');
  if (kept) steps.push(keep(kept));
  const dropped = names('drop');
  if (dropped) steps.push(drop(dropped));
  return steps;
}

function checkTemplates(config: Config): { field: string; message: string }[] {
  const problems: { field: string; message: string }[] = [];
  for (const [name, value] of Object.entries((config.add as object | undefined) ?? {})) {
    try {
      if (typeof value === 'string') parseTemplate(value);
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      problems.push({ field: `add.${name}`, message: error.message });
    }
  }
  return problems;
}

function hasMacros(config: Config): boolean {
  const values = (option: string) => Object.values((config[option] as object | undefined) ?? {});
  return (
    values('set').some((text) => parseExpression(text).hasMacros) ||
    values('add').some((value) => typeof value === 'string' && parseTemplate(value).hasMacros)
  );
}

function createMap(config: Config): Transform {
  const steps = stepsOf(config).map((step) => step.prepare());
  return {
    apply(batch, emit) {
      let mapped = batch;
      for (const step of steps) {
        mapped = step(mapped, emit);
        if (mapped.rows === 0) return;
      }
      emit.batch(mapped);
    },
  };
}

/**
 * Gives records other fields. The steps come in the order `set`, `add`, `rename`, `keep`, `drop`, and inside of each in
 * the order of the file; every step sees what the ones before it made of the record, and so does each single `set`.
 */
export const MAP: TransformDefinition = {
  kind: 'transform',
  name: 'map',
  summary:
    'Sets, adds, renames, keeps and drops fields, in this order; each step sees what those before it made.',
  fields: [
    {
      name: 'set',
      summary:
        'Fields and the expressions that give them their values, in order. A record for which one cannot be evaluated follows on_error.',
      type: { kind: 'map', values: EXPRESSION },
      example: { area: 'path.split("/")[1]', heavy: 'size > 1000000' },
    },
    {
      name: 'add',
      summary: 'Fields and their values: any YAML value as it stands. Texts may hold {expression} parts.',
      type: { kind: 'map', values: { kind: 'any' } },
      example: { service: 'shop', site: '{host}/{area}' },
    },
    {
      name: 'rename',
      summary: 'Old names and new ones. Records without the old name stay as they are.',
      type: { kind: 'map', values: { kind: 'string' } },
      example: { host: 'client' },
    },
    {
      name: 'keep',
      summary: 'The only fields that are left.',
      type: { kind: 'list', items: { kind: 'string' }, minItems: 1 },
      example: ['client', 'path', 'status'],
    },
    {
      name: 'drop',
      summary: 'Fields that are left out.',
      type: { kind: 'list', items: { kind: 'string' } },
      example: ['referrer', 'agent'],
    },
  ],
  example: `type: map
inputs: [web]
set: { area: 'path.split("/")[1]', heavy: size > 1000000 }
add: { service: shop, site: "{host}/{area}" }
rename: { host: client }
drop: [referrer, agent]
`,
  sample: {
    input: '{"host":"10.0.0.1","path":"/shop/cart","size":2000000,"agent":"curl/8.5"}',
    output:
      '{"path":"/shop/cart","size":2000000,"area":"shop","heavy":true,"service":"shop","site":"10.0.0.1/shop","client":"10.0.0.1"}',
  },
  check: checkTemplates,
  needs: (config, wanted) => stepsOf(config).reduceRight((after, step) => step.needs(after), wanted),
  shape: (config, input) => stepsOf(config).reduce((before, step) => step.shape(before), input),
  mayRunAway: hasMacros,
  create: createMap,
};
