import type { FormatDefinition } from '../format.js';
import { PairsDecoder } from '../pairs/index.js';
import { CefParser } from './parser.js';

/** ArcSight's Common Event Format. */
export const CEF_FORMAT: FormatDefinition = {
  kind: 'format',
  name: 'cef',
  summary:
    'Events in the Common Event Format, one a line; what stands before "CEF:" is skipped. The header gives cefVersion, ' +
    'deviceVendor, deviceProduct, deviceVersion, deviceEventClassId, name and severity, the extension its own keys. ' +
    'Values are texts; of a key that comes twice the last value counts.',
  fields: [
    {
      name: 'translate_custom_fields',
      summary:
        'Whether a custom field has the name that its label gives it: "cs1Label=Rule cs1=deny" is the field Rule.',
      type: { kind: 'boolean' },
      default: false,
    },
    {
      name: 'strict',
      summary: 'Whether a record is refused that has a "=" without a backslash in a value.',
      type: { kind: 'boolean' },
      default: true,
    },
  ],
  example: '{type: cef, translate_custom_fields: true}',
  decoder: {
    framing: () => 'lines',
    shape: () => ({ fields: new Map(), open: true }),
    sample: {
      input:
        'CEF:0|Acme|wall|2.1|100|Connection denied|5|src=192.0.2.7 cs1Label=Rule cs1=a \\= b msg=no way in',
      output:
        '{"cefVersion":"0","deviceVendor":"Acme","deviceProduct":"wall","deviceVersion":"2.1","deviceEventClassId":"100",' +
        '"name":"Connection denied","severity":"5","src":"192.0.2.7","Rule":"a = b","msg":"no way in"}',
    },
    create: (config) =>
      new PairsDecoder(new CefParser(config.strict as boolean, config.translate_custom_fields as boolean)),
  },
};
