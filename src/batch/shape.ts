/** The type of a field as far as the plan knows it. `any`: known only row by row. */
export type FieldKind = 'text' | 'int' | 'double' | 'bool' | 'timestamp' | 'any';

/** What the plan knows of a stage's records: their named fields in order, and whether there may be others. */
export interface Shape {
  readonly fields: ReadonlyMap<string, FieldKind>;
  /** Records may carry fields that only the data knows. */
  readonly open: boolean;
}

export const EMPTY_SHAPE: Shape = { fields: new Map(), open: false };

/** The shape of records that come from either: fields of both, `any` where they disagree. */
export function unionOf(a: Shape, b: Shape): Shape {
  const fields = new Map(a.fields);
  for (const [name, kind] of b.fields) {
    const other = fields.get(name);
    fields.set(name, other === undefined || other === kind ? kind : 'any');
  }
  return { fields, open: a.open || b.open };
}
