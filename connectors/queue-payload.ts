import type { Config, Field } from '#component';

export const PAYLOAD_FIELD: Field = {
  name: 'payload',
  summary:
    'What a message is: a batch as an Arrow IPC stream, which costs least, or with `json` a record as JSON for readers that are not Millrace.',
  type: { kind: 'enum', values: ['arrow', 'json'] },
  default: 'arrow',
};

/** What the stages before the queue have to know of it. */
export function payloadOf({ payload }: Config): { readonly payload?: 'json' } {
  return payload === 'json' ? { payload } : {};
}
